/** What processes of their own can't show in a moment: how long a trace is held, and that nothing stays behind. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KeepConditions } from '../../../src/config/keep.ts';

let nowMs = 1_000;
vi.mock(import('../../../src/trace/clock.ts'), async (original) => ({
  ...(await original()),
  now: () => nowMs,
}));
const ends: ((reason: string) => void)[] = [];
vi.mock(import('../../../src/export/app/exit.ts'), async (original) => ({
  ...(await original()),
  beforeLastExport: (end) => void ends.push(end),
}));
const warnings: string[] = [];
vi.mock(import('../../../src/log.ts'), async (original) => {
  const { log, ...rest } = await original();
  return { ...rest, log: { ...log, warn: (line: string) => void warnings.push(line) } };
});

const { startKeep } = await import('../../../src/keep/keep.ts');
const { heldBytes, heldSpans, oldestUndecided } = await import('../../../src/keep/undecided.ts');
const { startUnder, startSpan } = await import('../../../src/operation/start.ts');
const { ROOT, SPAN_KEY } = await import('../../../src/context/context.ts');
const { setHold } = await import('../../../src/trace/hold.ts');
const sampler = await import('../../../src/trace/sampler.ts');
const { scope } = await import('../../../src/trace/scope.ts');
const { INTERNAL, SERVER, setSink, Span } = await import('../../../src/trace/span.ts');
const { NonRecordingSpan } = await import('../../../src/trace/span-context.ts');
const { decodeSpan } = await import('../../fixtures/core/spans.ts');

const of = scope('test');
let names: (string | undefined)[] = [];
let states: (string | undefined)[] = [];

function keep(conditions: Partial<KeepConditions>): void {
  startKeep({
    errors: undefined,
    slowMs: undefined,
    status: [],
    attributes: [],
    perSecond: undefined,
    ...conditions,
  });
}

function root(name = 'root'): InstanceType<typeof Span> {
  return startUnder(of, name, SERVER, undefined, false, false, nowMs) as InstanceType<typeof Span>;
}

function below(parent: InstanceType<typeof Span>, name: string): InstanceType<typeof Span> {
  return startSpan(of, name, INTERNAL, ROOT.setValue(SPAN_KEY, parent)) as InstanceType<typeof Span>;
}

beforeEach(() => {
  sampler.configure({ name: 'always_off', ratio: 0 });
  names = [];
  states = [];
  setSink((_, bytes, length) => {
    const span = decodeSpan(bytes.slice(0, length));
    names.push(span.name);
    states.push(span.traceState);
  });
});

afterEach(() => {
  for (const end of ends.splice(0)) end('end of the test');
  expect([heldSpans(), heldBytes(), oldestUndecided()]).toEqual([0, 0, undefined]);
  setHold(undefined);
});

const OLD =
  'FORETRACE_KEEP decides on a trace before its end, by what is known of it: it holds a trace for 30 s at most; said once';

it('decides on a trace that is held for more than 30 s, when the next one starts: one that is slow by then is kept', () => {
  keep({ slowMs: 500 });
  const slow = root('slow');
  below(slow, 'first').end();
  nowMs += 30_000;
  root('next').end();
  expect(names).toEqual([]);
  nowMs += 1;
  const last = root('last');
  expect(names).toEqual(['first']);
  expect(warnings.splice(0)).toEqual([OLD]);

  below(slow, 'second').end();
  expect(names).toEqual(['first', 'second']);
  slow.end();
  expect(names).toEqual(['first', 'second', 'slow']);
  expect(states).toEqual(['ot=th:0', 'ot=th:0', 'ot=th:0']);
  last.end();
  expect(names).toHaveLength(3);
});

it('drops one of which nothing is known by then, with all that comes after, and is silent the second time', () => {
  keep({ errors: 'root' });
  const one = root('one');
  below(one, 'first').end();
  nowMs += 30_001;
  below(one, 'second').end();
  expect([heldSpans(), oldestUndecided()]).toEqual([0, undefined]);
  one.fail();
  one.end();
  expect([names, warnings]).toEqual([[], []]);
});

it('goes by its own clock, whatever times an app gives its spans', () => {
  keep({ errors: 'root' });
  const one = root('one');
  const future = startUnder(of, 'future', SERVER, undefined, false, false, nowMs + 3_600_000);
  const past = startUnder(of, 'past', SERVER, undefined, false, false, nowMs - 3_600_000);
  below(one, 'first').end(Date.now() + 3_600_000);
  root('next').end();
  one.fail();
  one.end();
  expect(names).toEqual(['first', 'one']);
  future.end();
  past.end();
  expect(names).toHaveLength(2);
});

it('decides at the end of the process on what has not ended, and its root goes with it if it still ends', () => {
  keep({ errors: 'any' });
  const good = root('good');
  below(good, 'step').end();
  const bad = root('bad');
  const failing = below(bad, 'failing');
  failing.fail();
  failing.end();
  for (const end of ends.splice(0)) end('SIGTERM');
  expect(names).toEqual(['failing']);
  bad.end();
  good.end();
  expect(names).toEqual(['failing', 'bad']);
});

it('forgets roots that an app never ends, the oldest first', () => {
  keep({ errors: 'root' });
  const roots = Array.from({ length: 10_001 }, (_, i) => root(`root ${i}`));
  expect(heldSpans()).toBe(10_000);
  for (const one of roots) one.fail();
  for (const one of roots.slice(0, 3)) one.end();
  expect(names).toEqual(['root 1', 'root 2']);
  expect(warnings.splice(0)).toEqual([OLD.replace('a trace for 30 s', '10000 spans')]);
});

it('has a message that was polled within a held trace in the same trace', () => {
  keep({ errors: 'root' });
  const poll = root('poll');
  const message = startUnder(of, 'message', SERVER, poll, false, false, nowMs) as InstanceType<typeof Span>;
  expect(message).toBeInstanceOf(Span);
  message.end();
  poll.fail();
  poll.end();
  expect(names).toEqual(['message', 'poll']);
});

it('holds nothing below a span that this process did not want to record', () => {
  keep({ errors: 'root' });
  const denied = startUnder(of, 'denied', SERVER, undefined, false, true, nowMs);
  expect(denied).toBeInstanceOf(NonRecordingSpan);
  expect(startUnder(of, 'below', SERVER, denied as never, false, false, nowMs)).toBeInstanceOf(
    NonRecordingSpan,
  );
});

it('leaves what a limit has cut to the sampler, with the threshold of the sampler', () => {
  sampler.configure({ name: 'parentbased_always_off', ratio: 0 });
  keep({ errors: 'root', perSecond: 1 });
  const half = new NonRecordingSpan(1, 2, 3, 4, 5, 6, 1, 'ot=th:8;rv:ffffffffffffff,vendor=1', true);
  const none = new NonRecordingSpan(1, 2, 3, 4, 5, 6, 0, 'vendor=1', true);
  for (const [name, parent] of [
    ['first', none],
    ['dropped', none],
    ['half', half],
  ] as const) {
    const span = startUnder(of, name, SERVER, parent, true, false, nowMs) as InstanceType<typeof Span>;
    span.fail();
    span.end();
  }
  expect(names).toEqual(['first', 'half']);
  expect(states).toEqual(['vendor=1', 'ot=th:8;rv:ffffffffffffff,vendor=1']);
});

it.each<[value: unknown, wanted: string, isKept: boolean]>([
  ['admin', 'admin', true],
  ['Admin', 'admin', false],
  [42, '42', true],
  [true, 'true', true],
  [['user', 'admin'], 'admin', true],
  [['user'], 'admin', false],
  [{ admin: 'admin' }, 'admin', false],
  [[{ admin: 'admin' }, null], 'null', false],
  [undefined, 'undefined', false],
])('compares the attribute %j with %s: %s', (value, wanted, isKept) => {
  keep({ attributes: [{ name: 'role', value: wanted }] });
  const one = root('one');
  below(one, 'step').setAttribute('role', value).end();
  one.end();
  expect(names).toEqual(isKept ? ['step', 'one'] : []);
});

it('lets go of everything that a dropped trace held', () => {
  keep({ errors: 'root' });
  for (let i = 0; i < 5_000; i++) {
    const one = root();
    const step = below(one, 'step').setAttribute('text', 'x'.repeat(10_000)) as InstanceType<typeof Span>;
    step.end();
    one.end();
    if (i === 0) expect([step.user, one.user]).toEqual([undefined, undefined]);
  }
  expect(names).toEqual([]);
});
