/** No path that means something is longer; a stranger's may have 16 KB. */
const MAX_PATH = 1_024;

/** The path of a request target in origin or absolute form, as it was sent; empty where it has none. */
export function pathOf(target: string): string {
  const start = pathStart(target);
  if (start < 0) return '';
  const question = target.indexOf('?', start);
  const end = question < 0 ? target.length : question;
  return target.slice(start, Math.min(end, start + MAX_PATH));
}

function pathStart(target: string): number {
  if (target.charCodeAt(0) === 0x2f) return 0;
  const authority = target.indexOf('://');
  return authority < 0 ? -1 : target.indexOf('/', authority + 3);
}

/** The first value of a query parameter of a request target; undefined if it has none. */
export function queryParameter(target: string, name: string): string | undefined {
  let start = target.indexOf('?') + 1;
  if (start === 0) return undefined;
  while (start < target.length) {
    let end = target.indexOf('&', start);
    if (end < 0) end = target.length;
    const equals = equalsIn(target, start, end);
    if (equals < end && decoded(target.slice(start, equals)) === name) {
      return decoded(target.slice(equals + 1, end).replaceAll('+', ' '));
    }
    start = end + 1;
  }
  return undefined;
}

/** A cookie of a `Cookie` header; undefined if it has none of that name. */
export function cookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let start = 0;
  while (start < header.length) {
    let end = header.indexOf(';', start);
    if (end < 0) end = header.length;
    const equals = equalsIn(header, start, end);
    if (equals < end && header.slice(start, equals).trim() === name) {
      const value = header.slice(equals + 1, end).trim();
      return decoded(value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value);
    }
    start = end + 1;
  }
  return undefined;
}

/** Not `indexOf`, which runs to the end of the text for each part that has none. */
function equalsIn(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== 0x3d) at++;
  return at;
}

/** Percent-decoded; as it is where that is not possible. */
export function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
