/** How much of a message is read, and sent. */
export const MAX_MESSAGE = 16_384;
/** How much of a stack is read, and sent. */
export const MAX_STACK = 32_768;
/** What is left of it when a message has taken its own. */
export const MAX_FRAMES_LENGTH = MAX_STACK - MAX_MESSAGE;
const MAX_FRAMES = 50;
/** A name and a code, which stand before the message. */
const MAX_HEAD = 256;
/** How much of a message is compared at each of its ends. */
const MAX_COMPARED = 1_024;

/** What a frame ends with: a position, in parentheses or not, or `(<anonymous>)`. */
const FRAME = /^ {4}at .*[\d)>]$/;

/** Where the message in a stack ends; -1 if it is not there, as where an app has changed it since. */
export function messageEnd(stack: string, message: string): number {
  const start = stack.slice(0, MAX_HEAD).indexOf(': ') + 2;
  const end = start + message.length;
  const isThere =
    message !== '' &&
    start > 1 &&
    stack.startsWith(message.slice(0, MAX_COMPARED), start) &&
    stack.endsWith(message.slice(-MAX_COMPARED), end);
  return isThere ? end : -1;
}

/** The frames at the end of a stack, in what is behind `start`. */
export function framesOf(stack: string, start: number): string {
  const lines = stack.slice(Math.max(start, stack.length - MAX_FRAMES_LENGTH)).split('\n');
  let first = lines.length;
  while (first > 1 && FRAME.test(lines[first - 1])) first--;
  return lines.slice(first, first + MAX_FRAMES).join('\n');
}
