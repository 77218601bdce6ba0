import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setGround } from '../context/active.ts';
import { type Context, ROOT } from '../context/context.ts';
import { setWhenReceived } from '../operation/operation.ts';

/** However quiet it is: what still runs after an hour is no longer what it was started for. */
const LONGEST_MS = 3_600_000;

/** A server listens: Node publishes it before the first connection can come in. */
const LISTENING = 'tracing:net.server.listen:asyncStart';

let leave: (() => void) | undefined;

/**
 * Makes a context that of all that this process or thread does by itself, until it does it for others: it listens, takes a message of a
 * queue, is sent a message by the one that started it; or for an hour. A service is no part of the request that happened to start it.
 */
export function belongTo(context: Context): void {
  setGround(context);
  const timer = setTimeout(stopBelonging, LONGEST_MS).unref();
  subscribe(LISTENING, stopBelonging);
  setWhenReceived(stopBelonging);
  leave = () => {
    clearTimeout(timer);
    unsubscribe(LISTENING, stopBelonging);
    setWhenReceived(undefined);
    setGround(ROOT);
  };
}

/** Ends it; a second call does nothing. */
export function stopBelonging(): void {
  leave?.();
  leave = undefined;
}

/** Whether it still counts. */
export function belongs(): boolean {
  return leave !== undefined;
}
