/** What an app sees of a library has to be the same with and without the agent: values, properties, and how the process ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exit, runApp } from '../support/run-app.ts';
import { type Fixture, PLUMBING } from './harness.ts';

export interface Transparency {
  title: string;
  fixture: Fixture;
  /** Starts what the fixture's operations need; what it returns goes into each of their inputs. */
  start?(): Promise<{ input: object; stop(): unknown }>;
  /** Input of the operation `shape`, which reports what callers see. */
  shape: object;
  /** Inputs of the operation `crash`, each of which ends the process. */
  crashes: object[];
}

export function transparencyKit({ title, fixture, start, shape, crashes }: Transparency): void {
  describe(`${title}, transparency`, () => {
    let started: Awaited<ReturnType<NonNullable<typeof start>>> | undefined;
    beforeAll(async () => {
      started = await start?.();
    });
    afterAll(() => started?.stop());

    /** The outcome of one operation of a fresh app, with and without the agent. */
    async function both(message: object, wait: 'answer' | 'end'): Promise<[unknown, unknown]> {
      const outcomes = [];
      for (const agent of [PLUMBING ? 'none' : (fixture.agent ?? 'import'), 'none'] as const) {
        const env = { OTEL_TRACES_EXPORTER: 'none', ...fixture.env };
        const app = runApp({ ...fixture, agent, env, stdin: true });
        app.send({ ...started?.input, ...message, id: 1 });
        if (wait === 'answer') {
          outcomes.push(await app.line((line) => line?.id === 1));
          await app.stop();
        } else outcomes.push(visible(await app.exited));
      }
      return outcomes as [unknown, unknown];
    }

    it('returns what the library returns, with the same identity and properties', async () => {
      const [traced, bare] = await both({ op: 'shape', ...shape }, 'answer');
      expect(bare).toHaveProperty('result');
      expect(traced).toEqual(bare);
    });

    it.each(crashes)('lets the process end as it would end without us: %o', async (input) => {
      const [traced, bare] = await both({ op: 'crash', ...input }, 'end');
      expect(bare).toMatchObject({ code: 1, signal: null });
      expect(traced).toEqual(bare);
    });
  });
}

/**
 * The end of a process without what must differ: stack frames, positions, and the source line above the `^`. That one shows where
 * an error was thrown last, and to look at a synchronous error is to throw it again.
 */
function visible({ code, signal, stdout, stderr }: Exit): object {
  const lines = stderr
    .replace(/^.*\n\s*\^+\n/gm, '')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, 'date')
    .split('\n')
    .filter((line) => !/^\s+at |^\s+\[\.\.\. lines matching|^(node:|file:|\/).*:\d+$/.test(line));
  return { code, signal, stdout, stderr: lines };
}
