/** The kits' end of `test/fixtures/lib/operations.cjs`: operations of a client library in a process of its own. */
import { expect } from 'vitest';
import type { ExpectedSpan } from '../support/expect-trace.ts';
import type { App } from '../support/run-app.ts';
import { byTraceId, type Fixture, type Harness, harness } from './harness.ts';

export interface Operations extends Harness {
  /** Runs an operation under a span `parent`; resolves with its result. */
  run(op: string, input?: object): Promise<any>;
  /** The same for one that must fail; resolves with the name, message and code of the app's error. */
  fail(op: string, input?: object): Promise<{ name: string; message: string; code?: string; cause?: string }>;
  /** Runs it `count` times and returns the CLIENT spans in the order of their number, after checking all parents. */
  many(op: string, input: object, count: number, concurrency: number): Promise<void>;
}

let lastId = 0;

async function ask(app: App, message: object): Promise<{ result?: any; error?: any }> {
  const id = ++lastId;
  app.send({ ...message, id });
  return app.line((line) => line?.id === id);
}

export function operations(fixture: Fixture): Operations {
  const kit = harness(fixture, (app, traceparent) => ask(app, { op: 'fence', traceparent }), { stdin: true });
  return {
    get app() {
      return kit.app;
    },
    get receiver() {
      return kit.receiver;
    },
    collect: kit.collect,
    expectSpans: kit.expectSpans,
    async run(op, input) {
      const { result, error } = await ask(kit.app, { ...input, op });
      if (error) throw new Error(`${op} failed: ${JSON.stringify(error)}`);
      return result;
    },
    async fail(op, input) {
      const { result, error } = await ask(kit.app, { ...input, op });
      if (!error) throw new Error(`${op} did not fail: ${JSON.stringify(result)}`);
      return error;
    },
    async many(op, input, count, concurrency) {
      const { result } = await ask(kit.app, { op: 'many', count, concurrency, each: { ...input, op } });
      expect(result.failed).toEqual([]);
    },
  };
}

/**
 * The trace of one operation by {@link Operations.run}: `parent` over the operation's own spans, then what the fixture
 * marked, last `after`. Marks have to be children of `parent`: the library's span is not active once it is over.
 */
export function underParent(
  spans: ExpectedSpan[],
  { marks = [] as string[], id = expect.any(Number) } = {},
): ExpectedSpan[] {
  return [
    {
      name: 'parent',
      kind: 'INTERNAL',
      attributes: { id },
      children: [...spans, ...[...marks, 'after'].map((name): ExpectedSpan => ({ name, kind: 'INTERNAL' }))],
    },
  ];
}

/**
 * After {@link Operations.many}: each trace has one `parent`, under it exactly one CLIENT span and the marks.
 * `right` checks that a CLIENT span is the one of its number.
 */
export async function expectOwnParents(
  kit: Operations,
  count: number,
  marks: string[],
  right: (client: { attributes: Record<string, unknown>; spanId: string }, index: number) => boolean,
): Promise<void> {
  const names = ['after', ...marks, 'parent'].sort();
  const spans = await kit.collect(count * (names.length + 1));
  const seen = new Set<number>();
  for (const trace of byTraceId(spans).values()) {
    const parent = trace.find(({ name }) => name === 'parent')!;
    const client = trace.find(({ kind }) => kind === 'CLIENT')!;
    const index = parent.attributes.id as number;
    seen.add(index);
    expect(
      trace
        .filter((span) => span !== client)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names);
    expect(trace.every((span) => span === parent || span.parentSpanId === parent.spanId)).toBe(true);
    expect(right(client, index), `request ${index}: ${JSON.stringify(client.attributes)}`).toBe(true);
  }
  expect(seen.size).toBe(count);
}
