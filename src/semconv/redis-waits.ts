const WAITING = new Set(
  'BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF'.split(' '),
);

/** Whether a command waits at the server until there is something, as idle workers do all the time. */
export function waits(operation: string, values: ArrayLike<unknown>): boolean {
  if (WAITING.has(operation)) return true;
  if (operation !== 'XREAD' && operation !== 'XREADGROUP') return false;
  for (let i = 0; i < values.length; i++) {
    const value = String(values[i]).toUpperCase();
    if (value === 'BLOCK') return true;
    if (value === 'STREAMS') return false;
  }
  return false;
}
