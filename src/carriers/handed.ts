import type { Carried } from './carried.ts';

/** Environment data, which worker threads inherit and an app does not see unless it knows the name: what a thread is handed. */
export const HANDED = 'foretrace.context';

/** What a thread is handed by the one that starts it. */
export interface Handed {
  /** The context in which it was started. */
  readonly starter: Carried | undefined;
  /** The contexts of what is posted to it: a ring of `message-ring.ts`. */
  readonly messages: SharedArrayBuffer;
  /** The same for the first port that it is sent: pools send one, and their tasks by it. */
  readonly tasks: SharedArrayBuffer;
}
