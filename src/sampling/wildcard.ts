/**
 * Whether a text, from `start` on, is what a pattern says, which is given as the parts between its asterisks. Not by a regular
 * expression: with several `.*` a long path of a stranger would take the square of its length and more.
 */
export function matches(parts: readonly string[], text: string, start: number = 0): boolean {
  const [first] = parts;
  if (parts.length === 1) return text.length - start === first.length && text.startsWith(first, start);
  if (!text.startsWith(first, start)) return false;
  let at = start + first.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const found = text.indexOf(parts[i], at);
    if (found < 0) return false;
    at = found + parts[i].length;
  }
  const last = parts[parts.length - 1];
  return text.length - last.length >= at && text.endsWith(last);
}
