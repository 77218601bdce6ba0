import { SECRET_NAMES, spellings } from './secrets.ts';

/** What stands in place of the value of a header. As the Python instrumentations write it. */
export const REDACTED_HEADER = '[REDACTED]';

/** Whole names of headers that carry credentials; also with `x-` before them. */
const NAMES: ReadonlySet<string> = new Set(['cookie', 'set-cookie', ...SECRET_NAMES.flatMap(spellings)]);

/** Words of names that tell the same. */
const WORDS: ReadonlySet<string> = new Set(['jwt', 'otp', 'sid']);

/** Parts of names that tell the same. */
const PARTS = [
  'auth',
  'card',
  'cookie',
  'credential',
  'credit',
  'csrf',
  'passw',
  'principal',
  'pwd',
  'secret',
  'session',
  'signature',
  'token',
  'xsrf',
];

/**
 * Whether the value of a captured header is replaced by `[REDACTED]`, by its name in any case: credentials, sessions, payment cards,
 * and whatever ends in `key`. For start-up: the answer for a name never changes.
 */
export function isSensitiveHeader(name: string): boolean {
  const header = name.trim().toLowerCase();
  if (NAMES.has(header.startsWith('x-') ? header.slice(2) : header) || header.endsWith('key')) return true;
  if (header.split('-').some((word) => WORDS.has(word))) return true;
  return PARTS.some((part) => header.includes(part));
}

/** Headers whose values are URLs, or have one in them. */
const WITH_URL: ReadonlySet<string> = new Set([
  'content-location',
  'link',
  'location',
  'referer',
  'refresh',
  'x-forwarded-uri',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
]);

export function hasUrl(name: string): boolean {
  return WITH_URL.has(name);
}

/** Whether a name in lower case is what a list asks for: a name, or one in which `.*` stands for any characters. Linear in the name. */
export function isListed(name: string, list: readonly string[]): boolean {
  return list.some((wanted) => (wanted.includes(ANY) ? matches(name, wanted.split(ANY)) : wanted === name));
}

const ANY = '.*';

/** Whether a name consists of these pieces and anything between them. */
function matches(name: string, pieces: readonly string[]): boolean {
  const [first] = pieces;
  const last = pieces[pieces.length - 1];
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

/** Whether an entry of such a list is more than a name. */
export function isPattern(wanted: string): boolean {
  return wanted.includes(ANY);
}
