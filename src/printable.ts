// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** A text of strangers as it may go to a terminal: one line, without what a terminal would obey or reverse. */
export function printable(text: string): string {
  return text.replace(CONTROL, ' ');
}
