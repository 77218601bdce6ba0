/** What the kits share: one app and one receiver for a group of cases, and the certainty that no span is left over. */
import { afterAll, beforeAll, beforeEach, it, type TestContext } from 'vitest';
import { type ExpectedSpan, expectTrace, type TraceOptions } from '../support/expect-trace.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, type RunOptions, runApp } from '../support/run-app.ts';

/** A library's adapter: the app that a kit runs. */
export interface Fixture extends Pick<RunOptions, 'args' | 'env' | 'execArgv' | 'node' | 'agent' | 'cwd'> {
  /** In `test/fixtures`. */
  file: string;
}

export interface Harness {
  readonly app: App;
  readonly receiver: Receiver;
  /** Waits for the expected spans, makes sure that no others come, and compares. */
  expectSpans(expected: ExpectedSpan[], options?: TraceOptions): Promise<void>;
  /** Waits for `count` spans and returns all that ended by then. */
  collect(count: number): Promise<ReceivedSpan[]>;
}

/**
 * `KIT_PLUMBING=1` runs the cases without agent and up to the point where spans are looked at: it shows whether a new
 * adapter does what the kit asks for.
 */
export const PLUMBING = process.env.KIT_PLUMBING === '1';

/**
 * How many calls the kits make where 50 run at a time. 1,000 by `npm run test:matrix`: they were a quarter of the time of `npm test`,
 * and what mixes calls shows in the first hundred.
 */
export const MANY = Number(process.env.KIT_MANY ?? 200);

/** Apps that do the same and load a library of one form in two ways: both in the matrix alone. */
export function inBothForms<T>(esm: T, cjs: T): T[] {
  return process.env.KIT_MANY === undefined ? [esm] : [esm, cjs];
}

/**
 * Starts the app before the cases of the enclosing `describe` and stops it after them.
 * @param fence makes the app end one more span, in the trace of the given `traceparent`. Spans travel in the order of
 *   their end: when that span has come, everything that ended before it has come as well.
 */
export function harness(
  fixture: Fixture,
  fence: (app: App, traceparent: string) => Promise<unknown>,
  options: Pick<RunOptions, 'stdin'> = {},
): Harness {
  let app: App;
  let receiver: Receiver;
  let context: TestContext;
  beforeAll(async () => {
    receiver = await startReceiver();
    app = runApp({
      agent: 'import',
      ...options,
      ...fixture,
      ...(PLUMBING && { agent: 'none' }),
      receiver,
      env: { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_BSP_MAX_QUEUE_SIZE: '20000', ...fixture.env },
    });
  });
  beforeEach((current) => {
    context = current;
    receiver.clear();
  });
  afterAll(async () => {
    await app?.stop();
    await receiver?.close();
  });

  async function collect(count: number): Promise<ReceivedSpan[]> {
    if (PLUMBING) context.skip('plumbing only');
    const enough = receiver.waitFor(count);
    // When they don't come, what did come is still of interest: the comparison shows it.
    await enough.catch((error) => {
      receiver.spans();
      if (!error.message.startsWith('waited')) throw error;
    });
    const parent = remoteParent();
    await fence(app, parent.traceparent);
    // The remote parent's child, not just any span of that trace: it is the last one there to end.
    const spans = await receiver.waitFor((all) =>
      all.some(({ parentSpanId }) => parentSpanId === parent.spanId),
    );
    receiver.clear();
    return spans.filter(({ traceId }) => traceId !== parent.traceId);
  }

  return {
    get app() {
      return app;
    },
    get receiver() {
      return receiver;
    },
    collect,
    async expectSpans(expected, traceOptions) {
      expectTrace(await collect(countOf(expected)), expected, traceOptions);
    },
  };
}

const countOf = (expected: ExpectedSpan[]): number =>
  expected.reduce((sum, { children = [] }) => sum + 1 + countOf(children), 0);

export interface RemoteParent {
  traceId: string;
  spanId: string;
  traceparent: string;
}

let lastId = 0;

/** A new remote parent; every id is used once in a test file. */
export function remoteParent({ sampled = true } = {}): RemoteParent {
  lastId++;
  const traceId = `4bf92f3577b34da6${lastId.toString(16).padStart(16, '0')}`;
  const spanId = `00f067aa${lastId.toString(16).padStart(8, '0')}`;
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-0${sampled ? 1 : 0}` };
}

/** Runs `task(0)` to `task(count - 1)`, at most `concurrency` at a time. */
export async function concurrently(
  count: number,
  concurrency: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) await task(next++);
    }),
  );
}

/** Groups spans by their trace. */
export function byTraceId(spans: readonly ReceivedSpan[]): Map<string, ReceivedSpan[]> {
  const traces = new Map<string, ReceivedSpan[]>();
  for (const span of spans) {
    const trace = traces.get(span.traceId);
    if (trace) trace.push(span);
    else traces.set(span.traceId, [span]);
  }
  return traces;
}

/** `it`, or nothing where a library can't do what the case is about: that is not a test that was skipped. */
export const itIf = (able: unknown): ((title: string, run: () => Promise<void>) => void) =>
  able ? it : () => {};
