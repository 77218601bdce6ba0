/** Whole names of headers that carry credentials. */
const NAMES: ReadonlySet<string> = new Set(['cookie', 'set-cookie', 'authorization', 'proxy-authorization']);

/** Parts of names that tell the same. */
const PARTS = ['auth', 'card', 'credit', 'passw', 'principal', 'pwd', 'secret', 'session', 'token'];

/**
 * Whether the value of a captured header is replaced by `REDACTED`, by its name in any case: credentials, sessions, payment cards,
 * and whatever ends in `key`. For start-up: the answer for a name never changes.
 */
export function isSensitiveHeader(name: string): boolean {
  const header = name.trim().toLowerCase();
  if (NAMES.has(header) || header.endsWith('key')) return true;
  return PARTS.some((part) => header.includes(part));
}
