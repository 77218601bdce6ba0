/** Masks what is in encoded records; built to a file of its own, which is loaded only if there is something to mask. */
import type { Compiled } from './expressions.ts';
import { cluesIn, KINDS, WIDE } from './kinds.ts';
import type { MaskKind, MaskOptions } from './options.ts';
import type { BytesMask } from './record.ts';
import type { Finder } from './text.ts';

export { createRecordMask } from './record.ts';

interface Pattern {
  readonly clues: number;
  readonly find: Finder;
  /** What stands in place of a match. */
  readonly replacement: string;
}

/** Every text may have what an expression looks for. */
const ANY_CLUE = -1;
/** The encoder cuts no text to less than this, whatever the limits, but half of a surrogate pair. */
const NEVER_CUT = 1023;

/**
 * Makes a mask of what is listed.
 * @param expressions the compiled form of the expressions among the options
 */
export function createBytesMask(options: MaskOptions, expressions: readonly Compiled[]): BytesMask {
  const patterns = patternsOf(options.kinds, expressions);
  const wanted = patterns.reduce((all, { clues }) => all | clues, 0);
  const cutLength = Math.min(options.lengthLimit - 1, NEVER_CUT);
  return (bytes, start, end) => {
    if (start === end) return undefined;
    // A text has no more characters than bytes.
    const isLong = end - start >= cutLength;
    const clues = cluesIn(bytes, start, end);
    if ((clues & wanted) === 0 && !isLong && wanted !== ANY_CLUE) return undefined;
    const text = bytes.toString((clues & WIDE) === 0 ? 'latin1' : 'utf8', start, end);
    const mayBeCut = isLong && text.length >= cutLength;
    const masked = maskText(text, mayBeCut, mayBeCut ? ANY_CLUE : clues, patterns);
    return masked === text ? undefined : masked;
  };
}

function patternsOf(kinds: readonly MaskKind[], expressions: readonly Compiled[]): Pattern[] {
  const patterns: Pattern[] = [];
  for (const [kind, { clues, find }] of Object.entries(KINDS)) {
    if (kinds.includes(kind as MaskKind)) patterns.push({ clues, find, replacement: `[${kind}]` });
  }
  for (const { name = 'REDACTED', find } of expressions) {
    patterns.push({ clues: ANY_CLUE, find, replacement: `[${name}]` });
  }
  return patterns;
}

interface Found {
  start: number;
  end: number;
  replacement: string;
}

/** All patterns look at the text as it was: what one replaces can't hide from another, or look like something to it. */
function maskText(text: string, mayBeCut: boolean, clues: number, patterns: readonly Pattern[]): string {
  const all: Found[] = [];
  for (const { clues: needed, find, replacement } of patterns) {
    if (needed !== ANY_CLUE && (needed & clues) === 0) continue;
    find(text, mayBeCut, (start, end) => all.push({ start, end, replacement }));
  }
  if (all.length === 0) return text;
  // A stable sort: the first of two that begin together is that of the earlier pattern.
  all.sort((a, b) => a.start - b.start);
  let result = '';
  let from = 0;
  for (let i = 0; i < all.length; i++) {
    const { start, replacement } = all[i]!;
    let { end } = all[i]!;
    while (i + 1 < all.length && all[i + 1]!.start < end) end = Math.max(end, all[++i]!.end);
    result += text.slice(from, start) + replacement;
    from = end;
  }
  return result + text.slice(from);
}
