/**
 * Behaviour of an instrumented database driver. A driver costs a fixture with the operations named below, and a table of
 * what it is told and which spans must come.
 */
import { describe, expect, it } from 'vitest';
import { type ExpectedSpan, expectTrace, optional } from '../support/expect-trace.ts';
import { type Exit, runApp } from '../support/run-app.ts';
import { type Fixture, itIf, MANY, PLUMBING, remoteParent } from './harness.ts';
import { expectOwnParents, operations, underParent } from './operations.ts';

/** Belongs into every literal and bound value of a kit's input; must never be in what is sent. */
export const SECRET = 's3cret-canary';

/** The span of one call, as differences to {@link DbKit.attributes}; `undefined` removes an attribute. */
export interface CallSpan {
  name: unknown;
  attributes: Record<string, unknown>;
  /** The code that the span must carry as `db.response.status_code` and `error.type`. */
  error?: unknown;
}

export interface Case {
  title: string;
  /** Operation of the fixture. Default `run`. */
  op?: string;
  input: object;
  spans: CallSpan[];
  /** Names of the marks that the operation makes, after its spans. */
  marks?: string[];
  /** What the operation must resolve with. */
  result?: unknown;
  /** The code of the error that the app must get. */
  error?: unknown;
}

export interface DbKit {
  title: string;
  fixture: Fixture;
  /** Attributes that every span of the driver has. */
  attributes: Record<string, unknown>;
  /**
   * A successful read for the operation `run`. `span` is told the number of a concurrent call, which is `{index}` in the
   * input and in the text of the span.
   */
  read: { input: object; span: CallSpan; result?: unknown };
  /** The values of `style` in the operation `run`, each with the names of the marks that its callbacks make. */
  styles: Record<string, string[]>;
  /** Text or arguments that fail, as the operation `run` takes them. */
  failing: Case;
  /** Operation `unreachable`, told a `port` where nobody listens: the app's error, and the spans. */
  unreachable?: Omit<Case, 'title'>;
  /** Whatever else the driver can do. */
  cases: Case[];
  /** Input of the operation `shape`, which reports what callers see of returned values. */
  shape: object;
  /** Inputs of the operation `crash`, each of which ends the process. */
  crashes: object[];
}

export function dbKit(kitOptions: DbKit): void {
  const { title, fixture, read, failing, styles, unreachable } = kitOptions;

  function clientSpan({ name, attributes, error }: CallSpan): ExpectedSpan {
    const all: Record<string, unknown> = {
      ...kitOptions.attributes,
      ...(error !== undefined && { 'db.response.status_code': error, 'error.type': error }),
      ...attributes,
    };
    for (const key of Object.keys(all)) if (all[key] === undefined) delete all[key];
    return {
      name,
      kind: 'CLIENT',
      attributes: all,
      status: 'error.type' in all ? { code: 'ERROR', message: optional(expect.any(String)) } : 'UNSET',
    };
  }

  describe(title, () => {
    const kit = operations(fixture);
    const expectSpans = (spans: CallSpan[], marks?: string[]): Promise<void> =>
      kit.expectSpans(underParent(spans.map(clientSpan), { marks }));

    async function runCase({
      op = 'run',
      input,
      spans,
      marks,
      result,
      error,
    }: Omit<Case, 'title'>): Promise<void> {
      if (error === undefined) {
        const outcome = await kit.run(op, input);
        if (result !== undefined) expect(outcome).toEqual(result);
      } else {
        expect((await kit.fail(op, input)).code ?? '').toEqual(error);
      }
      const sent = Buffer.concat(kit.receiver.requests.map(({ body }) => body));
      await expectSpans(spans, marks);
      expect(sent.includes(SECRET)).toBe(false);
    }

    it.each(Object.entries(styles))(
      'makes one CLIENT span of a call, and keeps the context (style: %s)',
      async (style, marks) => {
        const outcome = await kit.run('run', { ...read.input, style });
        if (read.result !== undefined) expect(outcome).toEqual(read.result);
        await expectSpans([read.span], marks);
      },
    );

    it('makes a root span of a call outside of any span', async () => {
      await kit.run('run', { ...read.input, bare: true });
      await kit.expectSpans([{ ...clientSpan(read.span), parentSpanId: undefined }]);
    });

    it.each(Object.keys(styles))(
      'makes a child of the parent that the app has extracted, and none if that is not sampled (style: %s)',
      async (style) => {
        await kit.run('run', {
          ...read.input,
          style,
          extracted: remoteParent({ sampled: false }).traceparent,
        });
        const { traceId, spanId, traceparent: extracted } = remoteParent();
        await kit.run('run', { ...read.input, style, extracted });
        const spans = await kit.collect(1 + styles[style].length);
        const client = spans.filter(({ kind }) => kind === 'CLIENT');
        expectTrace(client, [{ ...clientSpan(read.span), traceId, parentSpanId: spanId }]);
        expect(spans.every((span) => span.traceId === traceId && span.parentSpanId === spanId)).toBe(true);
        expect(spans.map(({ name }) => name).sort()).toEqual([client[0].name, ...styles[style]].sort());
      },
    );

    it.each(Object.keys(styles))(
      'makes no span under an unsampled parent, not by a lost context either (style: %s)',
      async (style) => {
        const { traceparent } = remoteParent({ sampled: false });
        await kit.run('run', { ...read.input, style, traceparent });
        await kit.expectSpans([]);
      },
    );

    it.each(Object.keys(styles))(
      `gives each of ${MANY} calls, 50 at a time, its own parent (style: %s)`,
      async (style) => {
        const marks = styles[style];
        await kit.many('run', { ...read.input, style }, MANY, 50);
        await expectOwnParents(kit, MANY, marks, ({ attributes }) =>
          expect
            .objectContaining({ 'db.system.name': kitOptions.attributes['db.system.name'] })
            .asymmetricMatch(attributes),
        );
      },
    );

    it(`takes ${failing.title} for an error and names its code`, () => runCase(failing));

    itIf('callback' in styles)('ends the span of an error that the app handles by callback', async () => {
      await kit.fail(failing.op ?? 'run', { ...failing.input, style: 'callback' });
      await expectSpans(failing.spans, styles.callback);
    });

    itIf(unreachable)('leaves the error of a refused connection to the app', () => runCase(unreachable!));

    it.each(kitOptions.cases.map((one) => [one.title, one] as const))('%s', (_, one) => runCase(one));

    it('never sends a value: not of any case, not in an error', async () => {
      const all = [read, failing, ...kitOptions.cases].map((one) => ({ op: 'run', ...one }));
      for (const { op, input } of all) await kit.run(op, input).catch(() => {});
      await kit.collect(all.length);
      const texts = JSON.stringify(all.map(({ input }) => input));
      expect(texts, 'the kit has to have something to look for').toContain(SECRET);
      expect(kit.receiver.requests.some(({ body }) => Buffer.from(body).includes(SECRET))).toBe(false);
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });

  describe(`${title}, transparency`, () => {
    /** The end of a fresh app that is told one operation, with and without the agent. */
    async function both(message: object, wait: 'answer' | 'end'): Promise<[unknown, unknown]> {
      const outcomes = [];
      for (const agent of [PLUMBING ? 'none' : (fixture.agent ?? 'import'), 'none'] as const) {
        const env = { OTEL_TRACES_EXPORTER: 'none', ...fixture.env };
        const app = runApp({ ...fixture, agent, env, stdin: true });
        app.send({ ...message, id: 1 });
        if (wait === 'answer') {
          outcomes.push(await app.line((line) => line?.id === 1));
          await app.stop();
        } else outcomes.push(visible(await app.exited));
      }
      return outcomes as [unknown, unknown];
    }

    it('returns what the library returns, with the same identity and properties', async () => {
      const [traced, bare] = await both({ op: 'shape', ...kitOptions.shape }, 'answer');
      expect(bare).toHaveProperty('result');
      expect(traced).toEqual(bare);
    });

    it.each(kitOptions.crashes)('lets the process end as it would end without us: %o', async (input) => {
      const [traced, bare] = await both({ op: 'crash', ...input }, 'end');
      expect(bare).toMatchObject({ code: 1, signal: null });
      expect(traced).toEqual(bare);
    });
  });
}

/**
 * The end of a process without what differs from run to run or must differ: ids of connections, stack frames, positions, and the
 * source line above the `^`. That one shows where an error was thrown last, and to look at a synchronous error is to throw it again.
 */
function visible({ code, signal, stdout, stderr }: Exit): object {
  const lines = stderr
    .replace(/^.*\n\s*\^+\n/gm, '')
    .replaceAll(/\bconn[:=]\d+/g, 'conn')
    .split('\n')
    .filter((line) => !/^\s+at |^(node:|file:|\/).*:\d+$/.test(line));
  return { code, signal, stdout, stderr: lines };
}
