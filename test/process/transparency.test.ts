import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { cleanEnv, NODE, runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/core/outcomes.cjs', import.meta.url));
const DEEP = 'deep recursion in a request';
const all: string[] = JSON.parse(
  execFileSync(NODE, [FIXTURE], { encoding: 'utf8', env: cleanEnv() as never }),
);

const cases = all.filter((name) => name !== DEEP);

const version = execFileSync(NODE, ['-p', 'process.versions.node'], {
  encoding: 'utf8',
  env: cleanEnv() as never,
});
const [major, minor] = version.split('.').map(Number);
const isUnfixed = minor < ({ 20: 20, 22: 22, 24: 13, 25: 3 }[major] ?? 0);

/** Output without what differs from run to run, and without stack frames: ours are among them. */
const comparable = (text: string): string =>
  text
    .replaceAll(/\(node:\d+\)/g, '(node:PID)')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    // The line that threw: where a traced call throws synchronously, that is the line that passes the error on.
    .replace(/^\s*(?:file:|node:|\/)\S*:\d+\n.*\n\s*\^+\n/, '')
    .split('\n')
    .filter((line) => !/^\s+at /.test(line))
    .join('\n');

await describeWith('postgresql', 'with and without the agent', async () => {
  await describeWith('redis', 'a process prints and ends the same', () => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await startReceiver();
    });
    afterAll(() => receiver.close());

    async function outcome(file: string, args: string[], agent: 'import' | 'none'): Promise<object> {
      // With any `--import` Node itself prints some errors differently, so the plain run has one too.
      const execArgv = agent === 'none' ? ['--import', 'data:text/javascript,'] : [];
      const { code, signal, stdout, stderr } = await runApp({ file, args, agent, receiver, execArgv }).exited;
      return { code, signal, stdout: comparable(stdout), stderr: comparable(stderr) };
    }

    it.each(cases)('%s', async (name) => {
      const [traced, plain] = await Promise.all([
        outcome('core/outcomes.cjs', [name], 'import'),
        outcome('core/outcomes.cjs', [name], 'none'),
      ]);
      expect(traced).toEqual(plain);
    });

    // Before the fix of CVE-2025-59466 any AsyncLocalStorage makes this fatal.
    it.skipIf(isUnfixed)('deep recursion in a request', async () => {
      for (const agent of ['import', 'none'] as const) {
        // Where the stack ends is chance, and with it what Node itself prints on stderr.
        expect(await outcome('core/outcomes.cjs', [DEEP], agent)).toMatchObject({
          code: 0,
          stdout: 'caught RangeError\ncaught RangeError\n200\n',
        });
      }
    });

    it('a top-level await that never settles: exit code 13', async () => {
      const [traced, plain] = await Promise.all([
        outcome('core/unsettled.mjs', [], 'import'),
        outcome('core/unsettled.mjs', [], 'none'),
      ]);
      expect(traced).toEqual(plain);
      expect(plain).toMatchObject({ code: 13 });
    });
  });
});
