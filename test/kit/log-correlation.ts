/**
 * Behaviour of log correlation: each record that is written inside of a span carries its ids, and nothing else changes. A logging
 * library costs a fixture with the operation `log`, which returns the lines that one record makes, and a script that writes
 * records of all kinds to stdout, inside or outside of a span.
 */
import { describe, expect, it } from 'vitest';
import type { ReceivedSpan } from '../support/otlp.ts';
import { runApp } from '../support/run-app.ts';
import { type Fixture, MANY, PLUMBING, remoteParent } from './harness.ts';
import { operations } from './operations.ts';
import { transparencyKit } from './transparency.ts';

/** What the operation `log` of a fixture is told. */
export interface Input {
  /** One of {@link LogCorrelationKit.loggers} or {@link LogCorrelationKit.owning}. */
  logger?: string;
  level?: string;
  record?: object;
  text?: string;
  /** Write it after a tick of the event loop. */
  later?: boolean;
}

export interface LogCorrelationKit {
  title: string;
  fixture: Fixture;
  /** Ways to configure a logger. The first is the usual one. */
  loggers: readonly string[];
  /** Loggers that add fields with the names that are ours, and the value `own`. */
  owning: readonly string[];
  levels: readonly string[];
  /** Its argument is `inside` or `outside`. */
  script: string;
  crashes: object[];
}

const NAMES = ['trace_id', 'span_id', 'trace_flags'];
/** As they are added to a line of JSON. */
const ADDED = /,"trace_id":"[0-9a-f]{32}","span_id":"[0-9a-f]{16}","trace_flags":"0[0-9a-f]"(?=\}\r?\n)/g;

export function logCorrelationKit(options: LogCorrelationKit): void {
  const { title, fixture, loggers, owning, levels, script } = options;
  const [usual] = loggers;

  describe(title, () => {
    const kit = operations(fixture);
    const lines = (
      input: Input & { bare?: boolean; traceparent?: string; extracted?: string },
    ): Promise<string[]> => kit.run('log', { text: 'text', ...input });

    /** The only line, parsed; a name that is in it twice is a failure. */
    async function write(input: Parameters<typeof lines>[0]): Promise<Record<string, unknown>> {
      const written = await lines(input);
      expect(written).toHaveLength(1);
      const [line] = written;
      expect(line).toMatch(/\}\r?\n$/);
      const record = JSON.parse(line);
      for (const name of NAMES)
        if (typeof record[name] === 'string')
          expect(line.split(`"${name}":${JSON.stringify(record[name])}`), `${name} in ${line}`).toHaveLength(
            2,
          );
      return record;
    }

    /** The span around the only operation so far. */
    async function parent(): Promise<ReceivedSpan> {
      return (await kit.collect(2)).find(({ name }) => name === 'parent')!;
    }

    const idsOf = (record: Record<string, unknown>): unknown[] => NAMES.map((name) => record[name]);
    const NONE = [undefined, undefined, undefined];

    it.each(loggers)('adds the ids of the span to each record (%s)', async (logger) => {
      const record = await write({ logger, record: { kit: { secret: 1 } } });
      const { traceId, spanId, flags } = await parent();
      expect(idsOf(record)).toEqual([traceId, spanId, (flags & 0xff).toString(16).padStart(2, '0')]);
    });

    it.each(levels)('adds them at each level (%s)', async (level) => {
      const record = await write({ level });
      const { traceId, spanId } = await parent();
      expect(record).toMatchObject({ trace_id: traceId, span_id: spanId });
    });

    it('adds them to what is written later', async () => {
      const record = await write({ later: true });
      const { traceId, spanId } = await parent();
      expect(record).toMatchObject({ trace_id: traceId, span_id: spanId });
    });

    it.each(loggers)('adds nothing outside of a span (%s)', async (logger) => {
      expect(idsOf(await write({ logger, bare: true }))).toEqual(NONE);
    });

    it('adds the ids of a parent that the app has extracted', async () => {
      const { traceId, spanId, traceparent: extracted } = remoteParent();
      const record = await write({ extracted });
      if (!PLUMBING) expect(idsOf(record)).toEqual([traceId, spanId, '01']);
      await kit.expectSpans([]);
    });

    it('adds them in a trace that is not sampled, and says so', async () => {
      const { traceId, traceparent } = remoteParent({ sampled: false });
      const record = await write({ traceparent });
      if (!PLUMBING) expect(idsOf(record)).toEqual([traceId, expect.stringMatching(/^[0-9a-f]{16}$/), '00']);
      await kit.expectSpans([]);
    });

    it('keeps fields of the app with the same names', async () => {
      const own = { trace_id: 'own', span_id: 'own', trace_flags: 'own' };
      expect(await write({ record: own })).toMatchObject(own);
      await parent();
    });

    it('adds no ids beside one of another trace', async () => {
      expect(idsOf(await write({ record: { trace_id: 'own' } }))).toEqual(['own', undefined, undefined]);
      await parent();
    });

    it.each(owning)('keeps them where the logger adds them (%s)', async (logger) => {
      expect(idsOf(await write({ logger }))).toEqual(['own', 'own', 'own']);
      await parent();
    });

    it('does not take fields of fields, or text, for them', async () => {
      const nested = { kit: { trace_id: 'nested' }, other: '"trace_id":"quoted"' };
      const record = await write({ record: nested, text: ',"trace_id":"in the text"' });
      expect(record).toMatchObject(nested);
      const { traceId } = await parent();
      expect(record.trace_id).toBe(traceId);
    });

    it(`gives each of ${MANY} records, 50 at a time, the ids of its own span`, async () => {
      const { result } = await many();
      const spans = (await kit.collect(2 * MANY)).filter(({ name }) => name === 'parent');
      expect(spans).toHaveLength(MANY);
      const parents = new Map(spans.map(({ attributes, spanId }) => [attributes.id, spanId]));
      expect(result).toHaveLength(MANY);
      for (const { index, span_id: spanId } of result) expect(spanId).toBe(parents.get(index));
    });

    /** What many operations wrote: the logger's lines so far, asked for by one more. */
    async function many(): Promise<{ result: { index: number; span_id: string }[] }> {
      await kit.many(
        'log',
        { record: { index: '{index}', many: true }, text: 'text', later: true },
        MANY,
        50,
      );
      const all: string[] = await kit.run('written', { logger: usual, bare: true });
      const records = all.map((line) => JSON.parse(line)).filter((record) => record.many);
      return { result: records.map((record) => ({ ...record, index: Number(record.index) })) };
    }

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });

  describe(`${title}, stdout`, () => {
    async function written(where: 'inside' | 'outside', agent: 'import' | 'none'): Promise<string> {
      const env = { OTEL_TRACES_EXPORTER: 'none', ...fixture.env };
      const exit = await runApp({ ...fixture, file: script, agent, env, args: [where] }).exited;
      expect(exit).toMatchObject({ code: 0, stderr: '' });
      return exit.stdout;
    }
    const traced = PLUMBING ? 'none' : 'import';

    it('is the same outside of a span, to the last byte', async () => {
      const bare = await written('outside', 'none');
      expect(bare.split('\n').length).toBeGreaterThan(20);
      expect(await written('outside', traced)).toBe(bare);
    });

    it('is the same inside of a span, but for three fields at the end of each record', async () => {
      const bare = await written('inside', 'none');
      const lines = await written('inside', traced);
      expect(lines.replaceAll(ADDED, '')).toBe(bare);
      if (!PLUMBING) expect(lines.match(ADDED)).toHaveLength(bare.trimEnd().split('\n').length);
    });
  });

  // Outside of a span: inside, the lines that it shows differ, as they have to.
  transparencyKit({ title, fixture, shape: { bare: true }, crashes: options.crashes });
}
