/** An error that the server has found at the end of what it got, behind a comment of ours, is at the end of the app's text. */
export function placeInText(error: unknown, text: string | undefined): void {
  const { position } = (error ?? {}) as { position?: unknown };
  if (typeof position !== 'string' || text === undefined || !(Number(position) > text.length)) return;
  // Positions count characters from 1 on.
  (error as { position: string }).position = String(Array.from(text).length + 1);
}
