/**
 * The regular expressions of operators, which are searched in what strangers send, on the app's thread. Node's engine backtracks: what
 * could take longer than a request may wait is refused, by how the expression is written.
 */

/** Longer ones are a mistake. */
const MAX_LENGTH = 1_000;
/** Each part of any length multiplies the time of a search by that of the text. */
const MAX_ENDLESS = 2;

/** Why a regular expression is not used, as the end of "… which"; undefined if it is. */
export function patternProblem(source: string): string | undefined {
  if (source.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  try {
    compiled(source);
  } catch {
    return 'is not a regular expression of JavaScript';
  }
  const { isNested, endless } = shapeOf(trimmed(source));
  if (isNested) return 'repeats what has repetitions or alternatives in it, which may take forever';
  if (endless > MAX_ENDLESS)
    return `has more than ${MAX_ENDLESS} parts of any length, which may take too long`;
  return undefined;
}

/** How many parts of any length an expression has that has no problem. */
export function endlessParts(source: string): number {
  return shapeOf(trimmed(source)).endless;
}

const IGNORE_CASE = '(?i)';

/** The expression as it is searched, with `(?i)` before it read as other languages do. Throws what is none. */
export function compiled(source: string): RegExp {
  const text = trimmed(source);
  return text.startsWith(IGNORE_CASE) ? new RegExp(text.slice(IGNORE_CASE.length), 'i') : new RegExp(text);
}

/** Without what means nothing in a search: `.*` at both ends, which costs more than all the rest. */
function trimmed(source: string): string {
  const start = source.startsWith(IGNORE_CASE) ? IGNORE_CASE : '';
  return (
    start +
    source
      .slice(start.length)
      .replace(/^\^?\.\*(?![?+*{])/, '')
      .replace(/([^\\])\.\*\$?$/, '$1')
  );
}

const REPEATED = /^(?:[*+]|\{(\d+)(?:(,)(\d*))?\})/;
/** Many repetitions are as bad as endless ones. */
const MANY = 10;

/** What makes an expression slow: repetitions inside of repetitions, and how many parts can be of any length. */
function shapeOf(source: string): { isNested: boolean; endless: number } {
  // For each open group: whether it has a repetition or an alternative in it.
  const groups: boolean[] = [];
  let isRich = false;
  let isNested = false;
  let endless = 0;
  for (let i = 0; i < source.length; i++) {
    const unit = source[i];
    let isGroup = false;
    if (unit === '\\') i++;
    else if (unit === '[') i = classEnd(source, i);
    else if (unit === '(') {
      groups.push(isRich);
      isRich = false;
      // `(?:`, `(?<name>`: no quantifier.
      if (source[i + 1] === '?') i++;
      continue;
    } else if (unit === '|') {
      isRich = true;
      continue;
    } else if (unit === ')') isGroup = true;
    const wasRich: boolean = isRich;
    if (isGroup) isRich = (groups.pop() ?? false) || wasRich;
    const [text, from, comma, to] = REPEATED.exec(source.slice(i + 1, i + 24)) ?? [];
    if (text === undefined) {
      if (source[i + 1] === '?') {
        isRich = true;
        i++;
      }
      continue;
    }
    const most = from === undefined || (comma !== undefined && to === '') ? Infinity : Number(to ?? from);
    if (most > 1) {
      isRich = true;
      if (isGroup && wasRich) isNested = true;
      if (most > MANY && comma !== undefined ? true : most === Infinity) endless++;
    }
    i += text.length;
    if (source[i + 1] === '?') i++;
  }
  return { isNested, endless };
}

/** The bracket that closes a class of characters. */
function classEnd(source: string, start: number): number {
  let end = start + 1;
  while (end < source.length && source[end] !== ']') end += source[end] === '\\' ? 2 : 1;
  return end;
}
