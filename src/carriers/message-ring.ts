import { Buffer } from 'node:buffer';
import type { Carried } from './carried.ts';

/**
 * The contexts of messages, beside the messages: a queue in shared memory, of one thread that posts and one that receives. A port hands out
 * messages in the order in which they were posted, so a message is named by its number, and the message itself stays as it is. Only messages
 * with a context are in it. What finds no room is not carried.
 *
 * Layout: a header, then records of int32 words: length in words, number of the message, ids, flags, the lengths of both texts, their bytes.
 * A length of 0 says "go on at the beginning". Positions count words and wrap; only differences between them have a meaning.
 */
const WRITTEN = 0;
const READ = 1;
/** The thread that receives: what it hands on to threads of its own by inheritance is not theirs. */
const OWNER = 2;
/** Of the ring of a second port: the number of the message by which the thread is sent that port. */
const SENT_BY = 3;
const HEADER_WORDS = 4;
const RING_WORDS = 8192;
const FIXED_WORDS = 11;
/** The place of a message's number in its record. */
const NUMBER = 1;
const LONG_AGO = 0x4000_0000;

/** Memory for one direction of one port. */
export function createMessageRing(): SharedArrayBuffer {
  return new SharedArrayBuffer((HEADER_WORDS + RING_WORDS) * 4);
}

interface Views {
  readonly header: Int32Array;
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

function viewsOf(shared: SharedArrayBuffer): Views {
  return {
    header: new Int32Array(shared, 0, HEADER_WORDS),
    words: new Int32Array(shared, HEADER_WORDS * 4),
    bytes: Buffer.from(shared, HEADER_WORDS * 4),
  };
}

function wrapped(position: number): number {
  return position & (RING_WORDS - 1);
}

/** The end of the thread that posts. */
export interface Outbox {
  /** The number of the last message. */
  readonly posted: number;
  /** Says which thread receives, and by which message it is sent the port; until then nobody receives. */
  belongTo(threadId: number, sentBy?: number): void;
  /** To be called before a message is posted. */
  add(carried: Carried | undefined): void;
  /** Takes the last message back: it could not be posted. */
  takeBack(): void;
}

export function createOutbox(shared: SharedArrayBuffer): Outbox {
  const { header, words, bytes } = viewsOf(shared);
  let posted = 0;
  /** Where the record of the last message is; undefined if it has none. */
  let last: number | undefined;

  function write(carried: Carried): number | undefined {
    const { traceState = '', baggage = '' } = carried;
    const length = FIXED_WORDS + Math.ceil((traceState.length + baggage.length) / 4);
    let position = Atomics.load(header, WRITTEN);
    const toEnd = RING_WORDS - wrapped(position);
    const skipped = length > toEnd ? toEnd : 0;
    const waiting = (position - Atomics.load(header, READ)) | 0;
    if (waiting + skipped + length > RING_WORDS) return undefined;
    if (skipped > 0) {
      words[wrapped(position)] = 0;
      position = (position + skipped) | 0;
    }
    const at = wrapped(position);
    const { t0, t1, t2, t3, s0, s1, flags } = carried;
    words.set([length, posted, t0, t1, t2, t3, s0, s1, flags, traceState.length, baggage.length], at);
    bytes.write(traceState + baggage, (at + FIXED_WORDS) * 4, 'latin1');
    Atomics.store(header, WRITTEN, (position + length) | 0);
    return at;
  }

  return {
    get posted() {
      return posted;
    },
    belongTo(threadId, sentBy = 0) {
      Atomics.store(header, SENT_BY, sentBy);
      Atomics.store(header, OWNER, threadId);
    },
    add(carried) {
      posted = (posted + 1) | 0;
      last = carried === undefined ? undefined : write(carried);
    },
    takeBack() {
      posted = (posted - 1) | 0;
      // Not by going back: the reader may have looked at it, to find that it is not its turn. It passes over what is long over.
      if (last !== undefined) words[last + NUMBER] = (posted - LONG_AGO) | 0;
      last = undefined;
    },
  };
}

/** The end of the thread that receives. */
export interface Inbox {
  /** The number of the last message. */
  readonly received: number;
  /** The number of the message of the thread's own port that brings the port that this is about; 0 for none. */
  sentBy(): number;
  /** To be called for each message, in order: what came with it. */
  next(): Carried | undefined;
}

export function createInbox(shared: SharedArrayBuffer, threadId: number): Inbox {
  const { header, words, bytes } = viewsOf(shared);
  let received = 0;

  const isOurs = (): boolean => Atomics.load(header, OWNER) === threadId;

  function read(at: number): Carried {
    const [t0, t1, t2, t3, s0, s1, flags, stateLength, baggageLength] = words.subarray(at + NUMBER + 1);
    const from = (at + FIXED_WORDS) * 4;
    const middle = from + stateLength;
    return {
      t0,
      t1,
      t2,
      t3,
      s0,
      s1,
      flags,
      traceState: stateLength === 0 ? undefined : bytes.toString('latin1', from, middle),
      baggage: baggageLength === 0 ? undefined : bytes.toString('latin1', middle, middle + baggageLength),
    };
  }

  return {
    get received() {
      return received;
    },
    sentBy: () => (isOurs() ? Atomics.load(header, SENT_BY) : 0),
    next() {
      received = (received + 1) | 0;
      if (!isOurs()) return undefined;
      const end = Atomics.load(header, WRITTEN);
      let position = Atomics.load(header, READ);
      let found: Carried | undefined;
      while (position !== end && found === undefined) {
        const at = wrapped(position);
        const length = words[at];
        if (length === 0) {
          position = (position + RING_WORDS - at) | 0;
          continue;
        }
        const ahead = (words[at + NUMBER] - received) | 0;
        if (ahead > 0) break;
        if (ahead === 0) found = read(at);
        position = (position + length) | 0;
      }
      Atomics.store(header, READ, position);
      return found;
    },
  };
}
