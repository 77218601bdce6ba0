import type { MessagePort, Worker } from 'node:worker_threads';
import { active, runIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { workerThreads } from '../export/app/threads.ts';
import { guarded } from '../guard.ts';
import { type Carried, carriedOf, contextOf } from './carried.ts';
import { createInbox, createMessageRing, createOutbox, type Inbox, type Outbox } from './message-ring.ts';
import { belongTo, stopBelonging } from './starter.ts';

/** Environment data, which worker threads inherit and an app does not see unless it knows the name: what a thread is handed. */
const HANDED = 'foretrace.context';

/** What a thread is handed by the one that starts it. */
interface Handed {
  /** The context in which it was started. */
  readonly starter: Carried | undefined;
  /** The contexts of what is posted to it. */
  readonly messages: SharedArrayBuffer;
}

/** The ring of the worker that is being made. */
let latest: SharedArrayBuffer | undefined;
const outboxes = new WeakMap<Worker, Outbox>();

const hand = guarded('the start of a worker thread', (): Handed => {
  latest = createMessageRing();
  return { starter: carriedOf(active()), messages: latest };
});

/**
 * Hands each thread that this one starts its context. The constructor of `Worker` clones the environment data, in the context of its caller;
 * a getter in it is asked then, so that neither the class nor what the app gives to it is touched.
 */
export function handOn(): void {
  workerThreads().setEnvironmentData(HANDED, {
    get handed() {
      return hand();
    },
  } as never);
}

/** A worker has been made. */
export function noteWorker({ worker }: { worker?: Worker }): void {
  if (worker === undefined || latest === undefined) return;
  const outbox = createOutbox(latest);
  latest = undefined;
  outbox.belongTo(worker.threadId);
  outboxes.set(worker, outbox);
}

/** Something is about to be posted to a worker. Returns what is to be called if it could not be. */
export function notePosted(worker: Worker): (() => void) | undefined {
  return outboxes.get(worker)?.add(carriedOf(active()));
}

let inbox: Inbox | undefined;

/** Takes what this thread was handed. */
export function takeHanded(): void {
  const { getEnvironmentData, parentPort, threadId } = workerThreads();
  const { handed } = (getEnvironmentData(HANDED) ?? {}) as { handed?: Handed };
  if (handed === undefined) return;
  const { starter, messages } = handed;
  if (starter !== undefined) belongTo(contextOf(starter, starter.baggage));
  if (parentPort === null) return;
  inbox = createInbox(messages, threadId);
  receiveInContext(parentPort);
}

/** The context of the message that has just been received; undefined outside of any. */
const nextContext = guarded('a message to a worker thread', (): Context | undefined => {
  stopBelonging();
  const carried = inbox?.next();
  return carried && contextOf(carried, carried.baggage);
});

/** The method by which Node hands out messages, to listeners of all kinds. */
const DISPATCH = Symbol.for('nodejs.internal.kHybridDispatch');

/** Listeners are called in the context of the message. Not by listeners of ours: one keeps the thread alive. */
function receiveInContext(port: MessagePort): void {
  const dispatch = (port as unknown as Record<symbol, unknown>)[DISPATCH];
  if (typeof dispatch !== 'function') return;
  Object.defineProperty(port, DISPATCH, {
    configurable: true,
    writable: true,
    value(this: MessagePort, _data: unknown, _type: string, event: unknown) {
      // What the app emits or dispatches itself comes without an event, or with one.
      const isPosted = arguments.length === 3 && event === undefined;
      const context = isPosted ? nextContext() : undefined;
      return context === undefined
        ? Reflect.apply(dispatch, this, arguments)
        : runIn(context, Reflect.apply, dispatch, this, arguments);
    },
  });
}

/** A message has been fetched from a port by `receiveMessageOnPort`: it counts, and nobody is called for it. */
export function noteFetched(port: unknown, message: unknown): void {
  if (inbox !== undefined && message !== undefined && port === workerThreads().parentPort) nextContext();
}
