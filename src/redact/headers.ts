import { SECRET_NAMES, spellings } from './secrets.ts';

/** Whole names of headers that carry credentials; also with `x-` before them. */
const NAMES: ReadonlySet<string> = new Set(['cookie', 'set-cookie', ...SECRET_NAMES.flatMap(spellings)]);

/** Words of names that tell the same. */
const WORDS: ReadonlySet<string> = new Set(['jwt', 'otp', 'sid']);

/** Parts of names that tell the same. */
const PARTS = ['auth', 'card', 'credit', 'passw', 'principal', 'pwd', 'secret', 'session', 'token'];

/**
 * Whether the value of a captured header is replaced by `REDACTED`, by its name in any case: credentials, sessions, payment cards,
 * and whatever ends in `key`. For start-up: the answer for a name never changes.
 */
export function isSensitiveHeader(name: string): boolean {
  const header = name.trim().toLowerCase();
  if (NAMES.has(header.startsWith('x-') ? header.slice(2) : header) || header.endsWith('key')) return true;
  if (header.split('-').some((word) => WORDS.has(word))) return true;
  return PARTS.some((part) => header.includes(part));
}
