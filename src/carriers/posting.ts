import type { MessageChannel, MessagePort, Worker } from 'node:worker_threads';
import { active } from '../context/active.ts';
import { workerThreads } from '../export/app/threads.ts';
import { guarded } from '../guard.ts';
import { carriedOf } from './carried.ts';
import { HANDED, type Handed } from './handed.ts';
import { createMessageRing, createOutbox, type Outbox } from './message-ring.ts';

/** What is known of a port of this thread: whether something was posted by it, and where the contexts of what is posted go. */
interface Known {
  isUsed: boolean;
  outbox: Outbox | undefined;
  /** The port that gets what is posted by this one. Weak: a port that nobody holds may go. */
  readonly other: WeakRef<MessagePort>;
}

const ports = new WeakMap<MessagePort, Known>();
const workers = new WeakMap<Worker, { readonly own: Outbox; tasks: Outbox | undefined }>();

/** What the worker that is being made is handed. */
let latest: Handed | undefined;

const hand = guarded('the start of a worker thread', (): Handed => {
  latest = { starter: carriedOf(active()), messages: createMessageRing(), tasks: createMessageRing() };
  return latest;
});

/**
 * Hands each thread that this one starts its context. The constructor of `Worker` clones the environment data, in the context of its caller;
 * a getter in it is asked then, so that neither the class nor what the app gives to it is touched.
 */
export function handOn(): void {
  const { MessageChannel: Channel, setEnvironmentData } = workerThreads();
  setEnvironmentData(HANDED, {
    get handed() {
      return hand();
    },
  } as never);
  seePorts(Channel);
}

/** A worker has been made. */
export function noteWorker({ worker }: { worker?: Worker }): void {
  if (worker === undefined || latest === undefined) return;
  const own = createOutbox(latest.messages);
  own.belongTo(worker.threadId);
  workers.set(worker, { own, tasks: createOutbox(latest.tasks) });
  latest = undefined;
}

/** What is to be done if something could not be posted. */
type TakeBack = () => void;

/** Something is about to be posted to a worker; `transfer` as the app gives it. */
export function notePosted(worker: Worker, transfer: unknown): TakeBack | undefined {
  const known = workers.get(worker);
  if (known === undefined) return undefined;
  const { own } = known;
  own.add(carriedOf(active()));
  const { tasks } = known;
  const port = tasks === undefined ? undefined : otherEnd(transfer);
  if (port === undefined) return () => own.takeBack();
  tasks?.belongTo(worker.threadId, own.posted);
  port.outbox = tasks;
  known.tasks = undefined;
  return () => {
    own.takeBack();
    tasks?.belongTo(0);
    port.outbox = undefined;
    known.tasks = tasks;
  };
}

/** Something is about to be posted by a port. Undefined for one that nothing is known of. */
export function notePostedBy(port: MessagePort): TakeBack | undefined {
  const known = ports.get(port);
  if (known === undefined) return undefined;
  const { outbox, isUsed } = known;
  known.isUsed = true;
  if (outbox === undefined) return () => void (known.isUsed = isUsed);
  outbox.add(carriedOf(active()));
  return () => outbox.takeBack();
}

/**
 * The end that stays here of a channel whose other end is transferred. Only of one that nothing was posted by: from the first message on,
 * both threads count the same. Of several ports it is not clear which is which.
 */
function otherEnd(transfer: unknown): Known | undefined {
  const list: unknown = Array.isArray(transfer)
    ? transfer
    : (transfer as { transfer?: unknown } | undefined | null)?.transfer;
  if (!Array.isArray(list)) return undefined;
  const { MessagePort: Port } = workerThreads();
  const sent = list.filter((one) => one instanceof Port) as MessagePort[];
  if (sent.length !== 1) return undefined;
  const other = ports.get(sent[0])?.other.deref();
  const known = other && ports.get(other);
  return known?.isUsed === false && known.outbox === undefined ? known : undefined;
}

/**
 * Sees which two ports belong together. The constructor of `MessageChannel` sets both as properties, which a setter of its prototype hears of;
 * they become properties of the channel as before, and the class stays the one that it is.
 */
function seePorts({ prototype }: typeof MessageChannel): void {
  const link = guarded('a message channel', (port1: MessagePort, port2: MessagePort) => {
    ports.set(port1, { isUsed: false, outbox: undefined, other: new WeakRef(port2) });
    ports.set(port2, { isUsed: false, outbox: undefined, other: new WeakRef(port1) });
  });
  for (const name of ['port1', 'port2'] as const) {
    if (Object.hasOwn(prototype, name)) return;
    Object.defineProperty(prototype, name, {
      configurable: true,
      get: () => undefined,
      set(this: MessageChannel, value: MessagePort) {
        Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true });
        if (name === 'port2') link(this.port1, value);
      },
    });
  }
}
