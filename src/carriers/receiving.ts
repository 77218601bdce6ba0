import type { MessagePort } from 'node:worker_threads';
import { attach, current, runIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { workerThreads } from '../export/app/threads.ts';
import { guarded } from '../guard.ts';
import { contextOf } from './carried.ts';
import { HANDED, type Handed } from './handed.ts';
import { createInbox, type Inbox } from './message-ring.ts';
import { belongTo, stopBelonging } from './starter.ts';

/** The method by which Node hands out messages, to listeners of all kinds; and the ports that have come with one, while it does. */
const DISPATCH = Symbol.for('nodejs.internal.kHybridDispatch');
const PORTS = Symbol.for('nodejs.internal.kCurrentlyReceivingPorts');

interface Port extends MessagePort {
  [DISPATCH]: Function;
  [PORTS]?: readonly Port[];
}

const inboxes = new WeakMap<MessagePort, Inbox>();

/** Takes what this thread was handed. */
export function takeHanded(): void {
  const { getEnvironmentData, parentPort, threadId } = workerThreads();
  const { handed } = (getEnvironmentData(HANDED) ?? {}) as { handed?: Handed };
  if (handed === undefined) return;
  const { starter, messages, tasks } = handed;
  if (starter !== undefined) belongTo(contextOf(starter, starter.baggage));
  if (parentPort === null) return;
  const own = createInbox(messages, threadId);
  const ofTasks = createInbox(tasks, threadId);
  receiveInContext(parentPort as Port, own, (port) => {
    if (own.received !== ofTasks.sentBy()) return;
    const [sent] = port[PORTS] ?? [];
    if (sent !== undefined && !inboxes.has(sent)) receiveInContext(sent, ofTasks);
  });
}

/** The context of the message that an inbox is handed next. From the first on, this thread works for others. */
function nextContext(inbox: Inbox): Context | undefined {
  stopBelonging();
  const carried = inbox.next();
  return carried && contextOf(carried, carried.baggage);
}

/** Listeners are called in the context of their message. Not by listeners of ours: one keeps the thread alive. */
function receiveInContext(port: Port, inbox: Inbox, look?: (port: Port) => void): void {
  const dispatch = port[DISPATCH];
  if (typeof dispatch !== 'function') return;
  inboxes.set(port, inbox);
  const contextFor = guarded('a message to a worker thread', (type: string): Context | undefined => {
    if (type !== 'message' && type !== 'messageerror') return undefined;
    const context = nextContext(inbox);
    look?.(port);
    return context;
  });
  Object.defineProperty(port, DISPATCH, {
    configurable: true,
    writable: true,
    value(this: Port, _data: unknown, type: string, event: unknown) {
      // What the app emits or dispatches itself comes without an event, or with one.
      const isPosted = arguments.length === 3 && event === undefined;
      const context = isPosted ? contextFor(type) : undefined;
      return context === undefined
        ? Reflect.apply(dispatch, this, arguments)
        : runIn(context, Reflect.apply, dispatch, this, arguments);
    },
  });
}

/**
 * A message has been fetched by `receiveMessageOnPort`. It counts; and where the port has listeners, whoever fetches does their work: pools
 * wait by `Atomics.wait` for tasks, in a loop that is left in the middle of a task, so that what follows would be that task's.
 */
export function noteFetched(port: MessagePort, message: unknown): void {
  if (message === undefined) return;
  const inbox = inboxes.get(port);
  if (inbox === undefined) return;
  const context = nextContext(inbox);
  if (port.listenerCount('message') > 0 && context !== current()) attach(context);
}
