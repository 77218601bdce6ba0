/** The examples of instrumentations/README.md: they compile, and the apps beside them get the spans that the text shows. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../instrumentations/index.ts';
import { expectTrace } from '../support/expect-trace.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

const text = readFileSync(join(ROOT, 'instrumentations/README.md'), 'utf8');
const fenced = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code);

const NAMES = ['quarry', 'courier'];
const [instrumentations, apps, shown] = ['ts', 'js', 'text'].map(fenced);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretrace-readme-'));
  mkdirSync(join(folder, 'instrumentations'));
  for (const [index, name] of NAMES.entries())
    writeFileSync(join(folder, `instrumentations/${name}.ts`), instrumentations[index]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the examples of instrumentations/README.md', () => {
  it('are an instrumentation, an app and its spans each', () => {
    expect([instrumentations, apps, shown].map((blocks) => blocks.length)).toEqual([2, 2, 2]);
  });

  it('compile', () => {
    for (const name of ['src', 'node_modules', 'package.json']) {
      symlinkSync(join(ROOT, name), join(folder, name));
    }
    const config = { extends: join(ROOT, 'tsconfig.json'), include: ['instrumentations'], exclude: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  /** What the app of an example sends and writes, with the agent that knows the example alone. */
  async function run(name: string): Promise<{ spans: ReceivedSpan[]; stdout: string }> {
    const index = NAMES.indexOf(name);
    const agent = await buildAgent(name, instrumentations[index]);
    const receiver = await startReceiver();
    try {
      const { stdout, stderr, code } = await runApp({
        eval: apps[index],
        agent: 'none',
        execArgv: ['--require', agent],
        cwd: join(ROOT, 'test/fixtures/packages'),
        receiver,
      }).exited;
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      const spans = receiver.spans();
      expect(wordsOf(shown[index])).toEqual(wordsOf(spans.map(draw).join('\n')));
      return { spans, stdout };
    } finally {
      await receiver.close();
    }
  }

  it('give the app of the database the spans that are shown', async () => {
    const { spans, stdout } = await run('quarry');
    expect(stdout).toBe('Q404\n');
    const common = {
      'db.system.name': 'other_sql',
      'db.namespace': 'shop',
      'server.address': 'db.example.com',
    };
    expectTrace(spans, [
      {
        name: 'SELECT items',
        kind: 'CLIENT',
        scope: 'foretrace.quarry',
        attributes: {
          ...common,
          'db.query.text': 'SELECT name FROM items WHERE price > ? AND colour = ?',
          'db.query.summary': 'SELECT items',
        },
      },
      {
        name: 'DELETE missing',
        kind: 'CLIENT',
        scope: 'foretrace.quarry',
        status: 'ERROR',
        attributes: {
          ...common,
          'db.query.text': 'DELETE FROM missing WHERE name = ?',
          'db.query.summary': 'DELETE missing',
          'error.type': 'Q404',
          'db.response.status_code': 'Q404',
        },
      },
    ]);
  });

  it('give the app of the queue the spans that are shown, the handler’s below the sender’s', async () => {
    const { spans, stdout } = await run('courier');
    expect(stdout).toBe('done\n');
    const common = {
      'messaging.system': 'courier',
      'messaging.destination.name': 'orders',
      'server.address': 'mq.example.com',
      'server.port': 7700,
    };
    const operation = (name: string): object => ({
      'messaging.operation.name': name,
      'messaging.operation.type': name,
    });
    expectTrace(spans, [
      {
        name: 'send orders',
        kind: 'PRODUCER',
        scope: 'foretrace.courier',
        attributes: { ...common, ...operation('send') },
        children: [
          {
            name: 'process orders',
            kind: 'CONSUMER',
            scope: 'foretrace.courier',
            status: 'ERROR',
            attributes: {
              ...common,
              ...operation('process'),
              'messaging.message.id': 'm1',
              'error.type': 'RangeError',
            },
          },
        ],
      },
    ]);
  });
});

describe('instrumentations/README.md', () => {
  it('does not take the names of libraries that are traced', () => {
    for (const name of NAMES) expect(catalogue.map((one) => one.name)).not.toContain(name);
  });
});

/** The agent, with the example as its whole catalogue; returns the file to preload. */
async function buildAgent(name: string, instrumentation: string): Promise<string> {
  const package_ = join(folder, `package-${name}`);
  mkdirSync(package_);
  cpSync(join(ROOT, 'register.cjs'), join(package_, 'register.cjs'));
  const example: Plugin = {
    name: 'example',
    setup(build) {
      build.onLoad({ filter: /[\\/]instrumentations[\\/]index\.ts$/ }, () => ({
        contents: `import example from 'example'; export const catalogue = [example];`,
        loader: 'ts',
      }));
      build.onResolve({ filter: /^example$/ }, () => ({ path: 'example', namespace: 'example' }));
      build.onLoad({ filter: /.*/, namespace: 'example' }, () => ({
        contents: instrumentation,
        loader: 'ts',
        resolveDir: join(ROOT, 'instrumentations'),
      }));
    },
  };
  await build({
    absWorkingDir: ROOT,
    entryPoints: { agent: 'instrumentations/main.ts', 'export-thread': 'src/export/thread/main.ts' },
    outdir: join(package_, 'dist'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    external: ['import-in-the-middle', 'import-in-the-middle/*'],
    plugins: [example],
    logLevel: 'warning',
  });
  return join(package_, 'register.cjs');
}

/** A span as the README writes it. */
function draw({ name, status, attributes }: ReceivedSpan): string {
  const words = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`);
  if (status.code !== 'UNSET') words.push(`status=${status.code}`);
  return [name, ...words].join('\n');
}

/** What stands there, without order and layout: values may have blanks, columns are two or more. */
function wordsOf(drawing: string): string[] {
  return drawing
    .split(/\n| {2,}/)
    .filter((word) => word !== '')
    .sort();
}
