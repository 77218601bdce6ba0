import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AskedApp, askedApp } from '../support/asked-app.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { MYSQL } from '../support/mysql.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { REDIS_URL } from '../support/redis.ts';
import { describeWith } from '../support/services.ts';

const FILE = fileURLToPath(new URL('../fixtures/trouble.cjs', import.meta.url));
const lineOf = (mark: string): number =>
  readFileSync(FILE, 'utf8')
    .split('\n')
    .findIndex((line) => line.endsWith(`// ${mark}`)) + 1;

const SLOW = 'foretrace.db.slow';

describe.skipIf(inMatrix)('FORETRACE_SLOW_QUERY', async () => {
  let running: AskedApp;
  beforeAll(async () => {
    running = await start('150ms');
  });
  afterAll(() => running?.stop());
  beforeEach(() => running.receiver.clear());

  function start(limit: string | undefined): Promise<AskedApp> {
    return askedApp({
      file: 'trouble.cjs',
      cwd: LIBRARIES,
      execArgv: ['--no-deprecation'],
      env: { ...POSTGRESQL.env, ...MYSQL.env, REDIS_URL, FORETRACE_SLOW_QUERY: limit },
    });
  }

  async function spansOf(
    input: object,
    { receiver, ask }: AskedApp = running,
  ): Promise<{ above: ReceivedSpan; call: ReceivedSpan }> {
    expect((await ask(input)).error).toBeUndefined();
    // The last to end.
    const spans = await receiver.waitFor((all) => all.some(({ name }) => name === 'parent'));
    return {
      above: spans.find(({ name }) => name === 'parent')!,
      call: spans.find(({ kind }) => kind === 'CLIENT')!,
    };
  }

  const cases = [
    ['postgresql', 'pg', 'SELECT'],
    ['mariadb', 'mysql2', 'SELECT'],
    ['redis', 'redis', 'BLPOP'],
  ] as const;

  for (const [service, library, summary] of cases) {
    await describeWith(service, library, () => {
      const where = {
        'code.file.path': FILE,
        'code.line.number': lineOf(`is slow in ${library}`),
        'code.function.name': expect.stringMatching(/slow$/),
      };

      it('marks a call that takes longer, and tells the span above which line made it', async () => {
        const { above, call } = await spansOf({ op: 'slow', library, seconds: 0.2 });
        expect(call.attributes).toMatchObject({ [SLOW]: true, ...where });
        expect(above.events).toEqual([
          expect.objectContaining({
            name: SLOW,
            attributes: {
              'db.query.summary': summary,
              'foretrace.db.duration_ms': expect.any(Number),
              ...where,
            },
          }),
        ]);
        const { 'foretrace.db.duration_ms': ms } = above.events[0].attributes;
        const durationMs = Number(call.endTimeUnixNano - call.startTimeUnixNano) / 1e6;
        expect(ms).toBeGreaterThanOrEqual(150);
        // The span ends right after it has been looked at.
        expect(ms).toBeLessThanOrEqual(durationMs + 0.01);
      });

      it('says nothing of one that takes less', async () => {
        const { above, call } = await spansOf({ op: 'slow', library, seconds: 0.01 });
        expect(call.attributes).not.toHaveProperty([SLOW]);
        expect(call.attributes).not.toHaveProperty(['code.line.number']);
        expect(above.events).toEqual([]);
      });
    });
  }

  await describeWith('postgresql', 'a statement', () => {
    it('that fails is slow all the same', async () => {
      const { above, call } = await spansOf({ op: 'failing', seconds: 0.2 });
      expect(call.status.code).toBe('ERROR');
      expect(call.attributes[SLOW]).toBe(true);
      expect(above.events.map(({ name }) => name)).toEqual([SLOW]);
    });

    it('without a span above tells it itself', async () => {
      await running.ask({ op: 'slow', seconds: 0.2, bare: true });
      const [call] = await running.receiver.waitFor(1);
      expect(call.parentSpanId).toBeUndefined();
      expect(call.events.map(({ name }) => name)).toEqual([SLOW]);
    });

    it.each(['0.15s', '150', '150 ms'])('may be slow from %s on', async (limit) => {
      const other = await start(limit);
      const { call } = await spansOf({ op: 'slow', seconds: 0.2 }, other);
      expect(call.attributes[SLOW]).toBe(true);
      await other.stop();
      expect(other.app.stderr).toBe('');
    });

    it.each([
      [undefined, ''],
      [
        'soon',
        expect.stringContaining(
          'FORETRACE_SLOW_QUERY="soon" is not a time such as 200ms, 1.5s or 200 (of milliseconds), it is ignored',
        ),
      ],
    ])('is never slow with %s', async (limit, stderr) => {
      const other = await start(limit);
      const { above, call } = await spansOf({ op: 'slow', seconds: 0.2 }, other);
      expect(call.attributes).not.toHaveProperty([SLOW]);
      expect(above.events).toEqual([]);
      await other.stop();
      expect(other.app.stderr).toEqual(stderr);
    });
  });
});
