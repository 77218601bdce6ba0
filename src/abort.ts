/** Whether the app itself has given up what it asked for: no failure. Axios has a name of its own for it. */
export function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'AbortError' || code === 'ERR_CANCELED';
}
