// oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- rules for windows; these are threads
import { AsyncResource } from 'node:async_hooks';
import type { BroadcastChannel, MessagePort } from 'node:worker_threads';
import { guarded } from '../../guard.ts';
import type { FromExport, ToExport } from '../messages.ts';
import { workerThreads } from './threads.ts';

type Message = ToExport | FromExport;

/** The channel between the threads of the app and the export thread. */
export interface Channel {
  /** A second call does nothing. */
  open(): void;
  /** Nothing, while it is not open. */
  post(message: Message): void;
  /** Hears what waits because this thread has been busy. */
  hearWaiting(): void;
}

/** @param what names what is heard, in the line about a failure */
export function createChannel(name: string, what: string, hear: (message: Message) => void): Channel {
  // The channel keeps the context in which it is opened, and that may be in the middle of a request.
  const outside = new AsyncResource('foretrace');
  const guardedHear = guarded(what, hear);
  let channel: BroadcastChannel | undefined;
  return {
    open() {
      if (channel !== undefined) return;
      const { BroadcastChannel } = workerThreads();
      outside.runInAsyncScope(() => {
        channel = new BroadcastChannel(name);
        channel.onmessage = (event) => guardedHear((event as { data: Message }).data);
        // After the listener, which takes the reference back.
        channel.unref();
      });
    },
    post(message) {
      channel?.postMessage(message);
    },
    hearWaiting() {
      if (channel === undefined) return;
      const { receiveMessageOnPort } = workerThreads();
      // Node takes a BroadcastChannel here, its types don't know.
      const port = channel as unknown as MessagePort;
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
        guardedHear(next.message);
    },
  };
}
