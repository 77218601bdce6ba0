/** What `encodeURIComponent` leaves as it is and would end the value or the comment, or be a placeholder of MySQL's clients. */
const LEFT = /['*()!~]/g;

/**
 * A comment as SQLCommenter has it: keys in order, values percent-encoded and in single quotes. A quote in a value is escaped by
 * percent-encoding, which every reader undoes, instead of the specification's backslash, which ends a string in standard SQL.
 */
export function formatComment(fields: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(fields)
    .toSorted()
    .map((name) => `${encoded(name)}='${encoded(fields[name])}'`);
  return `/*${pairs.join(',')}*/`;
}

function encoded(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(
    LEFT,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function wellFormed(text: string): string {
  return (text as string & { toWellFormed(): string }).toWellFormed();
}
