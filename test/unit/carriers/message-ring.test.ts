import { describe, expect, it } from 'vitest';
import type { Carried } from '../../../src/carriers/carried.ts';
import { createInbox, createMessageRing, createOutbox } from '../../../src/carriers/message-ring.ts';

const THREAD = 3;

const carried = (number: number, texts: Partial<Carried> = {}): Carried => ({
  t0: number,
  t1: -1,
  t2: 2,
  t3: 3,
  s0: 4,
  s1: -number,
  flags: 3,
  traceState: undefined,
  baggage: undefined,
  ...texts,
});

function ring(threadId = THREAD) {
  const shared = createMessageRing();
  const outbox = createOutbox(shared);
  outbox.belongTo(threadId);
  return { outbox, inbox: createInbox(shared, THREAD) };
}

/** The same numbers at each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('the contexts of messages', () => {
  it('come out with the message that they belong to, texts included', () => {
    const { outbox, inbox } = ring();
    const second = carried(2, { traceState: 'a=b,c=d', baggage: 'user=jo;p' });
    outbox.add(undefined);
    outbox.add(second);
    outbox.add(carried(3, { baggage: 'x=1' }));
    expect([inbox.next(), inbox.next(), inbox.next(), inbox.next()]).toEqual([
      undefined,
      second,
      carried(3, { baggage: 'x=1' }),
      undefined,
    ]);
  });

  it('are not taken for those of others after a message that could not be posted, whatever the reader has seen of it', () => {
    const { outbox, inbox } = ring();
    outbox.add(undefined);
    outbox.add(carried(100));
    // It looks at the second, which is ahead.
    expect(inbox.next()).toBeUndefined();
    outbox.takeBack();
    outbox.add(carried(2));
    outbox.add(carried(200));
    outbox.takeBack();
    outbox.add(undefined);
    expect([inbox.next(), inbox.next()]).toEqual([carried(2), undefined]);
  });

  it('are nothing to another thread than the one that they are for', () => {
    const { outbox, inbox } = ring(THREAD + 1);
    outbox.add(carried(1));
    expect(inbox.next()).toBeUndefined();
  });

  it('are lost, and never mixed up, where more wait than there is room for', () => {
    const { outbox, inbox } = ring();
    const texts = { baggage: `x=${'1'.repeat(3_000)}` };
    for (let number = 1; number <= 100; number++) outbox.add(carried(number, texts));
    const found = Array.from({ length: 100 }, () => inbox.next());
    const kept = found.filter((one) => one !== undefined);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.length).toBeLessThan(100);
    expect(found).toEqual(Array.from(found, (one, index) => one && carried(index + 1, texts)));
    outbox.add(carried(101));
    expect(inbox.next()).toEqual(carried(101));
  });

  it.each([1, 2, 3, 4, 5])('agree in any order of posting, failing and receiving: seed %i', (seed) => {
    const next = random(seed);
    const { outbox, inbox } = ring();
    const waiting: (Carried | undefined)[] = [];
    let missing = 0;
    for (let step = 1; step <= 4_000; step++) {
      if (next() < 0.55) {
        const baggage = next() < 0.3 ? `x=${'y'.repeat(Math.floor(next() * 4_000))}` : undefined;
        const one = next() < 0.7 ? carried(step, { baggage }) : undefined;
        outbox.add(one);
        if (next() < 0.2) outbox.takeBack();
        else waiting.push(one);
      }
      if (next() < 0.5 && waiting.length > 0) {
        const expected = waiting.shift();
        const found = inbox.next();
        if (found === undefined && expected !== undefined) missing++;
        else expect(found).toEqual(expected);
      }
    }
    // Only what found no room.
    expect(missing).toBeLessThan(100);
  });
});
