import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type Exit, ROOT, runApp } from '../support/run-app.ts';

/** What the agent has a copy of, but for two without which Node does not start a thread: the end of the process would lose spans. */
const COPIED = [
  ...Array.from(
    readFileSync(join(ROOT, 'src/primordials.ts'), 'utf8').matchAll(/^ {2}(\w+),$/gm),
    ([, name]) => name,
  ),
  'performance',
].filter((name) => name !== 'Atomics' && name !== 'SharedArrayBuffer');

/** What our own listeners add to the app's, replaced globals or not. */
const LISTENERS = { exit: 1, uncaughtExceptionMonitor: 1 };

interface Printed {
  results: Record<string, string>;
  listeners: Record<string, number>;
}

async function both(...args: string[]): Promise<{ plain: Exit; traced: Exit; spans: number }> {
  const receiver = await startReceiver();
  const file = 'core/globals.cjs';
  const [plain, traced] = await Promise.all([
    runApp({ file, args, agent: 'none' }).exited,
    runApp({ file, args, receiver }).exited,
  ]);
  const spans = receiver.spans().length;
  await receiver.close();
  return { plain, traced, spans };
}

describe.each(['deleted', 'undefined', 'throwing', 'functions'])('globals that are %s', (how) => {
  let each: Awaited<ReturnType<typeof both>>;
  beforeAll(async () => {
    each = await both(how);
  });

  it('one by one, while a request is made and served, change nothing, and its spans are there', () => {
    const { plain, traced, spans } = each;
    expect(traced).toMatchObject({ code: 0, stderr: '' });
    const app: Printed = JSON.parse(plain.stdout);
    const names = Object.keys(app.results);
    expect(names.length).toBeGreaterThan(100);
    expect(JSON.parse(traced.stdout)).toEqual({
      results: app.results,
      listeners: { ...app.listeners, ...LISTENERS },
    });
    // Two requests for each, with a span at either end.
    expect(spans).toBe(names.length * 4);
  });

  it('before the end of the process leave its exit code and its listeners, and the spans arrive', async () => {
    const { plain, traced, spans } = await both(how, COPIED.join());
    expect(plain).toMatchObject({ code: 3, stderr: '' });
    expect(traced).toMatchObject({ code: 3, stderr: '' });
    const [app, ours] = [plain, traced].map(({ stdout }) => JSON.parse(stdout.slice('exit '.length)));
    expect(ours).toEqual({ ...app, ...LISTENERS, exit: app.exit + 1 });
    expect(spans).toBe(2);
  });
});

describe('methods of builtin classes', () => {
  it('that throw one by one, while a request is made and served, change nothing for the app', async () => {
    const { plain, traced } = await both('methods');
    const app: Printed = JSON.parse(plain.stdout);
    const agent: Printed = JSON.parse(traced.stdout);
    expect(Object.keys(app.results).length).toBeGreaterThan(200);
    // Without it no argument can be spread, which wrappers do when they call the app's function.
    const { 'Array.prototype.Symbol(Symbol.iterator)': _, ...results } = app.results;
    expect(agent.results).toMatchObject(results);
    expect(traced.code).toBe(0);
  });
});
