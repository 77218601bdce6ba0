import type { MaskExpression } from '../mask/options.ts';

/** An entry: perhaps a name, an expression between slashes, perhaps the flag. In it, a slash is written `\/`. */
const ENTRY = /(?:([\w.-]+)\s*=\s*)?\/((?:[^\\/]|\\[^])+)\/(i?)(?=[\s,;]|$)/y;
const BETWEEN = /[\s,;]*/y;
const UP_TO_NEXT = /[^\s,;]*/y;

/**
 * Reads expressions between slashes, which are separated by commas, semicolons or blanks and may hold any of these. Whether the engine
 * takes them is not asked here: it is loaded where they are used.
 * @returns also the first entry that is no expression
 */
export function readExpressions(text: string): { value: MaskExpression[]; wrong: string | undefined } {
  const value: MaskExpression[] = [];
  let wrong: string | undefined;
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    next(BETWEEN);
    if (at >= text.length) return { value, wrong };
    const found = next(ENTRY);
    if (found !== null) {
      const [, name, source, flag] = found;
      value.push({ name, source: source.replaceAll('\\/', '/'), ignoreCase: flag === 'i' });
    } else {
      const rest = next(UP_TO_NEXT);
      wrong ??= rest?.[0];
    }
  }
}
