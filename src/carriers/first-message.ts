import { runIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { mimic } from '../wrap.ts';

/**
 * Of a process that its parent talks to (`fork`): the first message is what it was started for and stays in that context, whatever comes of
 * it later. With the second it works for others. Not by a listener, which would keep the process alive and be seen.
 * @param over called before the second message
 */
export function watchMessages(context: Context, over: () => void): void {
  const { emit } = process;
  const own = Object.hasOwn(process, 'emit');
  let messages = 0;
  function watched(this: unknown, type: unknown): unknown {
    if (type !== 'message' || messages === 2) return Reflect.apply(emit, this, arguments);
    messages++;
    if (messages === 1) return runIn(context, Reflect.apply, emit, this, arguments);
    over();
    if (!own && process.emit === (watched as unknown)) delete (process as { emit?: unknown }).emit;
    return Reflect.apply(emit, this, arguments);
  }
  mimic(watched, emit as never);
  Object.defineProperty(process, 'emit', { value: watched, configurable: true, writable: true });
}
