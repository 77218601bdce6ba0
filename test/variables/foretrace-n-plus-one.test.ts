import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AskedApp, askedApp } from '../support/asked-app.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { MYSQL } from '../support/mysql.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { describeWith } from '../support/services.ts';

const FILE = fileURLToPath(new URL('../fixtures/trouble.cjs', import.meta.url));
const lineOf = (mark: string): number =>
  readFileSync(FILE, 'utf8')
    .split('\n')
    .findIndex((line) => line.endsWith(`// ${mark}`)) + 1;

const REPEATED = 'foretrace.db.repeated';

describe.skipIf(inMatrix)('FORETRACE_N_PLUS_ONE', async () => {
  let running: AskedApp;
  beforeAll(async () => {
    running = await start('5');
  });
  afterAll(() => running?.stop());
  beforeEach(() => running.receiver.clear());

  function start(threshold: string | undefined, env: object = {}): Promise<AskedApp> {
    return askedApp({
      file: 'trouble.cjs',
      cwd: LIBRARIES,
      execArgv: ['--no-deprecation'],
      env: { ...POSTGRESQL.env, ...MYSQL.env, FORETRACE_N_PLUS_ONE: threshold, ...env },
    });
  }

  /** What an operation has made: the span above, and the statements below it. */
  async function spansOf(
    input: { op: string; [name: string]: unknown },
    { receiver, ask }: AskedApp = running,
    name = 'parent',
  ): Promise<{ above: ReceivedSpan; statements: ReceivedSpan[] }> {
    expect((await ask(input)).error).toBeUndefined();
    // The last to end.
    const spans = await receiver.waitFor((all) => all.some((span) => span.name === 'parent'));
    const above = spans.find((span) => span.name === name)!;
    return { above, statements: spans.filter(({ parentSpanId }) => parentSpanId === above.spanId && true) };
  }

  const repeats = (spans: ReceivedSpan[]): unknown[] =>
    spans.filter(({ name }) => name !== 'after').map(({ attributes }) => attributes[REPEATED]);

  await describeWith('postgresql', 'statements', () => {
    it('marks those from the fifth on, and tells the span above how many there were and which line made them', async () => {
      const { above, statements } = await spansOf({ op: 'loop', count: 8 });
      expect(repeats(statements)).toEqual([undefined, undefined, undefined, undefined, 5, 6, 7, 8]);
      expect(above.attributes[REPEATED]).toBe(8);
      expect(above.events).toEqual([
        expect.objectContaining({
          name: REPEATED,
          attributes: {
            'db.query.summary': 'SELECT pg_type',
            'foretrace.db.duration_ms': expect.any(Number),
            [REPEATED]: 8,
            'code.file.path': FILE,
            'code.line.number': lineOf('calls pg'),
            'code.function.name': expect.stringMatching(/pg$/),
          },
        }),
      ]);
    });

    it('says nothing of four', async () => {
      const { above, statements } = await spansOf({ op: 'loop', count: 4 });
      expect(repeats(statements)).toEqual([undefined, undefined, undefined, undefined]);
      expect(above.attributes).not.toHaveProperty([REPEATED]);
      expect(above.events).toEqual([]);
    });

    it('takes the server span of a request for the one above', async () => {
      const { above } = await spansOf({ op: 'served', count: 6 }, running, 'GET');
      const spans = await running.receiver.waitFor((all) => all.some(({ kind }) => kind === 'SERVER'));
      const served = spans.find(({ kind }) => kind === 'SERVER')!;
      expect(above).toBeDefined();
      expect(served.attributes[REPEATED]).toBe(6);
      expect(served.events.map(({ name }) => name)).toEqual([REPEATED]);
    });

    it.each([
      ['that run at the same time', { op: 'together', count: 12 }],
      ['that run at the same time, four times', { op: 'rounds', count: 4, width: 3 }],
      ['that ask for all at once', { op: 'batch', count: 12 }],
      ['of different tables', { op: 'different', tables: ['pg_type', 'pg_class', 'pg_proc'], count: 4 }],
      ['without a table', { op: 'transactions', count: 8 }],
      ['that are commands of Redis', { op: 'loop', library: 'redis', count: 8 }],
    ])('says nothing of statements %s', async (_, input) => {
      const { above, statements } = await spansOf(input);
      expect(above.attributes).not.toHaveProperty([REPEATED]);
      expect(above.events).toEqual([]);
      expect(repeats(statements).filter((count) => count !== undefined)).toEqual([]);
    });

    it('counts those of Promise.all once for each time', async () => {
      const { above } = await spansOf({ op: 'rounds', count: 6, width: 3 });
      expect(above.attributes[REPEATED]).toBe(6);
    });

    it('tells of each statement that repeats, and the span of the most frequent one', async () => {
      const { above } = await spansOf({ op: 'different', tables: ['pg_type', 'pg_class'], count: 6 });
      expect(above.attributes[REPEATED]).toBe(6);
      expect(above.events.map(({ attributes }) => attributes['db.query.summary'])).toEqual([
        'SELECT pg_type',
        'SELECT pg_class',
      ]);
    });

    it('goes on without a word below a span that is over', async () => {
      await running.ask({ op: 'ended', count: 6 });
      const spans = await running.receiver.waitFor((all) => all.some(({ name }) => name === 'parent'));
      const over = spans.find(({ name }) => name === 'over')!;
      expect(over.events).toEqual([]);
      expect(repeats(spans).filter((count) => count !== undefined)).toEqual([]);
    });

    it('knows the line of postgres.js', async () => {
      const { above } = await spansOf({ op: 'loop', library: 'postgres', count: 6 });
      expect(above.events[0].attributes).toMatchObject({
        'code.file.path': FILE,
        'code.line.number': lineOf('calls postgres'),
        [REPEATED]: 6,
      });
    });

    it('leaves how errors are made as it is', async () => {
      const other = await start(undefined);
      const { result: before } = await other.ask({ op: 'settings' });
      await other.stop();
      await running.ask({ op: 'loop', count: 8 });
      expect((await running.ask({ op: 'settings' })).result).toEqual(before);
    });

    it('does nothing unless it is asked for, and refuses what is no number of repetitions', async () => {
      for (const threshold of [undefined, '1', 'often']) {
        const other = await start(threshold);
        const { above } = await spansOf({ op: 'loop', count: 8 }, other);
        expect(above.attributes).not.toHaveProperty([REPEATED]);
        expect(above.events).toEqual([]);
        await other.stop();
        expect(other.app.stderr).toEqual(
          threshold === undefined
            ? ''
            : expect.stringContaining(
                `FORETRACE_N_PLUS_ONE="${threshold}" is not an integer from 2 to 1000000, it is ignored`,
              ),
        );
      }
    });
  });

  await describeWith('mariadb', 'statements of MySQL', () => {
    it.each(['mysql2', 'mysql'])(
      'knows the line of %s, which a pool gives its connection late',
      async (library) => {
        const { above } = await spansOf({ op: 'loop', library, count: 6 });
        expect(above.events.map(({ attributes }) => attributes)).toEqual([
          expect.objectContaining({
            'db.query.summary': 'SELECT information_schema.collations',
            'code.file.path': FILE,
            'code.line.number': lineOf(`calls ${library}`),
            [REPEATED]: 6,
          }),
        ]);
      },
    );
  });
});
