import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { expectTrace, traceTrees } from '../support/expect-trace.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Exit, NODE, runApp, type RunOptions } from '../support/run-app.ts';

const folder = fileURLToPath(new URL('../fixtures/methods', import.meta.url));
const [major, minor] = /v(\d+)\.(\d+)/
  .exec(await version())!
  .slice(1)
  .map(Number) as [number, number];

async function version(): Promise<string> {
  const { execFileSync } = await import('node:child_process');
  return execFileSync(NODE, ['-v'], { encoding: 'utf8' });
}

interface Run {
  exit: Exit;
  spans: ReceivedSpan[];
  /** Those of a name, in order of their start. */
  named(name: string): ReceivedSpan[];
  /** The lines of the agent. */
  lines: string[];
}

/** Runs an app to its end. */
async function run(methods: string | undefined, options: RunOptions): Promise<Run> {
  const receiver = await startReceiver();
  const { env } = options;
  const exit = await runApp({
    cwd: folder,
    ...options,
    receiver,
    env: { ...env, FORETRACE_METHODS: methods },
  }).exited;
  const spans = receiver
    .spans()
    .toSorted((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano));
  await receiver.close();
  const lines = exit.stderr.split('\n').filter((line) => line.startsWith('foretrace: '));
  return { exit, spans, named: (name) => spans.filter((span) => span.name === name), lines };
}

const list = (file: string, paths: string): string =>
  paths
    .split(' ')
    .map((path) => `${file}#${path}`)
    .join('; ');

describe.skipIf(inMatrix)('FORETRACE_METHODS', () => {
  describe('names functions of CommonJS files', () => {
    const file = './lib/reviews.cjs';
    const paths =
      'informEditors=BlogReview count fail pages chapters save each lazily walk Review shop.engine.quote ' +
      'Engine.prototype.tax Engine.create';
    let plain: Run;
    let traced: Run;
    beforeAll(async () => {
      plain = await run(undefined, { file: 'methods/run.cjs', agent: 'none' });
      traced = await run(list(file, paths), { file: 'methods/run.cjs' });
    });

    it('and the app is as it was', () => {
      expect(traced.exit).toMatchObject({ code: 0, stdout: plain.exit.stdout });
      expect(plain.exit.stdout.split('\n').length).toBeGreaterThan(10);
      expect(traced.lines).toEqual([]);
    });

    it('each call is a span with the name that was given, or that of the function, and says where it is', () => {
      expect(traced.named('BlogReview')).toHaveLength(2);
      expect(traced.named('BlogReview')[0]).toMatchObject({
        kind: 'INTERNAL',
        scope: { name: 'foretrace.methods' },
        status: { code: 'UNSET' },
        attributes: {
          'code.function.name': 'informEditors',
          'code.file.path': join(realpathSync(folder), 'lib/reviews.cjs'),
        },
      });
      expect(traced.named('Engine.create')).toHaveLength(1);
      expect(traced.named('each')).toHaveLength(1);
    });

    it('outside of a request it starts a trace of its own', () => {
      expect(traced.named('BlogReview').map(({ parentSpanId }) => parentSpanId)).toEqual([
        undefined,
        undefined,
      ]);
    });

    it('what a call throws, rejects with or calls back with is on its span, with the status', () => {
      const failed = (name: string): unknown => ({
        name,
        status: { code: 'ERROR' },
        attributes: { 'error.type': 'RangeError' },
        events: [{ name: 'exception', attributes: { 'exception.message': 'spam' } }],
      });
      expect(traced.named('BlogReview')[1]).toMatchObject(failed('BlogReview') as object);
      expect(traced.named('save')[1]).toMatchObject(failed('save') as object);
      expect(traced.named('save')[0]).toMatchObject({ status: { code: 'UNSET' } });
      expect(traced.named('fail')).toMatchObject([
        { status: { code: 'ERROR' }, attributes: { 'error.type': 'TypeError' } },
      ]);
    });

    it('a promise’s span lasts until it settles, a thenable’s until it does for who waits, a callback’s until it is called', () => {
      const ms = ({ startTimeUnixNano, endTimeUnixNano }: ReceivedSpan): number =>
        Number(endTimeUnixNano - startTimeUnixNano) / 1e6;
      // Timers fire up to a millisecond early.
      expect(ms(traced.named('BlogReview')[0]!)).toBeGreaterThan(3.5);
      expect(ms(traced.named('lazily')[0]!)).toBeGreaterThan(0.9);
      expect(traced.named('save')).toHaveLength(2);
    });

    it('a generator’s span begins when it is first asked and holds what its body calls', () => {
      const [chapters] = traceTrees(traced.spans).filter(({ span }) => span.name === 'chapters');
      expect(chapters?.children.map(({ span }) => span.name)).toEqual(['count', 'count']);
      const [pages] = traceTrees(traced.spans).filter(({ span }) => span.name === 'pages');
      expect(pages).toBeDefined();
    });

    it('a call inside of a call of the same function is a part of it, others are below', () => {
      expect(traced.named('walk')).toHaveLength(1);
      const [quote] = traceTrees(traced.spans).filter(({ span }) => span.name === 'shop.engine.quote');
      expect(quote?.children.map(({ span }) => span.name)).toEqual(['Engine.tax']);
    });

    it('a function that is called with `new` makes its objects, without a span', () => {
      expect(traced.named('Review')).toEqual([]);
    });
  });

  it('a target that is not there, no function, a class or a getter has a line of its own', async () => {
    const paths = 'count cuont notAFunction Engine Engine.prototype.rate Engine.prototype.nothing';
    const { lines, named } = await run(
      `${list('./lib/reviews.cjs', paths)}; ./gone.js#x; nopackage#y; ./esm/helper.mjs#helper`,
      { file: 'methods/run.cjs' },
    );
    const of = './lib/reviews.cjs#';
    expect(lines.map((line) => line.replace('foretrace: FORETRACE_METHODS: ', ''))).toEqual([
      `${of}cuont is not there (did you mean count?)`,
      `${of}notAFunction is not a function`,
      `${of}Engine is a class; a method of it is Class.prototype.method, or Class.method for a static one`,
      `${of}Engine.prototype.rate is a getter`,
      `${of}Engine.prototype.nothing is not there`,
      `no ./gone.js, nopackage from ${folder} on`,
      './esm/helper.mjs#helper was never loaded by the main thread',
    ]);
    expect(named('count').length).toBeGreaterThan(0);
  });

  it('a process without a span says nothing of what it does not load', async () => {
    const { exit } = await run('./gone.js#x; ./lib/reviews.cjs#count', { eval: '1' });
    expect(exit).toMatchObject({ code: 0, stderr: '' });
  });

  it('a part that is no target has one line and the others stay', async () => {
    const { exit, named, lines } = await run(
      './lib/reviews.cjs#count; what is this; #x; ./lib/reviews.cjs#=A',
      {
        eval: `require('./lib/reviews.cjs').count('a')`,
      },
    );
    expect(exit.code).toBe(0);
    expect(lines).toEqual([
      'foretrace: FORETRACE_METHODS has "what is this", "#x", "./lib/reviews.cjs#=A", which is not ' +
        './file.js#function, package#Class.prototype.method or one of these with =Name; that part is ignored',
    ]);
    expect(named('count')).toHaveLength(1);
  });

  describe('names functions of ES modules', () => {
    const methods =
      './reviews.mjs#informEditors; ./reviews.mjs#rate; ./index.mjs#weight; ./index.mjs#inner; ./index.mjs#helper; ' +
      './reviews.mjs#pages; ./reviews.mjs#Engine.prototype.quote; ./reviews.mjs#Engine.create; ./reviews.mjs=add; ' +
      './helper.mjs#default=anonymous';
    const app = { file: 'methods/esm/run.mjs', cwd: join(folder, 'esm') };
    let plain: Run;
    let traced: Run;
    beforeAll(async () => {
      plain = await run(undefined, { ...app, agent: 'none' });
      traced = await run(methods, app);
    });

    it('and the app is as it was: bindings are live, names and texts the same', () => {
      expect(traced.exit).toMatchObject({ code: 0, stdout: plain.exit.stdout });
      expect(plain.exit.stdout).toContain('anonymous help default default rate 1');
      expect(traced.lines).toEqual([]);
    });

    it('declared or constant, default or renamed, exported by another file, methods and static ones', () => {
      expect(traced.spans.map(({ name }) => name).toSorted()).toEqual([
        'Engine.create',
        'Engine.quote',
        'add',
        'anonymous',
        'helper',
        'informEditors',
        'informEditors',
        'inner',
        'pages',
        'rate',
        'rate',
        'weight',
        'weight',
      ]);
    });

    it('also where a function of the same module calls them', () => {
      const [inform] = traceTrees(traced.spans).filter(({ span }) => span.name === 'informEditors');
      expect(inform?.children.map(({ span }) => span.name)).toEqual(['rate']);
    });

    it('what no file exports has a line', async () => {
      const { lines } = await run('./index.mjs#nothing; ./helper.mjs#helpre', app);
      // Nothing is traced: the one is told of at once, the other at the end of a process that has had a span.
      expect(lines).toEqual(['foretrace: FORETRACE_METHODS: ./helper.mjs#helpre is not there']);
      const { lines: both } = await run('./index.mjs#nothing; ./helper.mjs#helper', app);
      expect(both).toEqual(['foretrace: FORETRACE_METHODS: ./index.mjs#nothing is not there']);
    });

    it.skipIf(major < 22 || (major === 22 && minor < 18))(
      'of TypeScript, which Node.js strips itself',
      async () => {
        const { spans, exit } = await run('./prices.js#total; ./prices#Engine.prototype.quote', {
          file: 'methods/ts/run.ts',
          cwd: join(folder, 'ts'),
        });
        expect(exit).toMatchObject({ code: 0, stdout: '5\n' });
        expectTrace(spans, [{ name: 'Engine.quote', children: [{ name: 'total' }] }]);
      },
    );
  });

  describe('names functions of packages', () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'foretrace-methods-')));
    const write = (file: string, text: string): void => {
      mkdirSync(join(root, file, '..'), { recursive: true });
      writeFileSync(join(root, file), text);
    };
    beforeAll(() => {
      const manifest = (name: string, more: object): string =>
        JSON.stringify({ name, version: '1.0.0', ...more });
      write('packages/pricing/package.json', manifest('pricing', { main: 'lib' }));
      write(
        'packages/pricing/lib/index.js',
        'exports.Engine = class Engine { quote(n) { return n * 2; } }; exports.tax = require("./tax.js");',
      );
      write('packages/pricing/lib/tax.js', 'module.exports = function tax(n) { return n + 1; };');
      write(
        'node_modules/@shop/pricing/package.json',
        manifest('@shop/pricing', {
          type: 'module',
          exports: { '.': { import: './index.js' }, './sub': './dist/sub.js' },
        }),
      );
      write('node_modules/@shop/pricing/index.js', 'export * from "./engine.js";');
      write('node_modules/@shop/pricing/engine.js', 'export const quote = async (n) => n * 3;');
      write('node_modules/@shop/pricing/dist/sub.js', 'export default function discount() { return 1; }');
      symlinkSync(join(root, 'packages/pricing'), join(root, 'node_modules/pricing'));
      write(
        'app.mjs',
        'import pricing from "pricing"; import { quote } from "@shop/pricing"; import discount from "@shop/pricing/sub";\n' +
          'console.log(new pricing.Engine().quote(1), pricing.tax(1), await quote(1), discount());',
      );
    });
    afterAll(() => rmSync(root, { recursive: true }));

    it('by the name of the package, of a file in it, or of what it exports below its name, linked ones too', async () => {
      const { exit, spans, lines } = await run(
        'pricing#Engine.prototype.quote; pricing/lib/tax; @shop/pricing#quote=quote3; @shop/pricing/sub',
        { file: join(root, 'app.mjs'), cwd: root },
      );
      expect(exit).toMatchObject({ code: 0, stdout: '2 2 3 1\n' });
      expect(lines).toEqual([]);
      expect(spans.map(({ name }) => name)).toEqual(['Engine.quote', 'tax', 'quote3', 'discount']);
    });
  });

  describe('in a server', () => {
    const app = `
      const { createServer } = require('http');
      const reviews = require('./lib/reviews.cjs');
      createServer((req, res) => reviews.save({ title: 't' }, () => res.end(String(reviews.count('abc')))))
        .listen(0, '127.0.0.1', function () { console.log(JSON.stringify({ port: this.address().port })); });
    `;
    const start = async (env: Record<string, string>): Promise<{ receiver: Receiver; url: string }> => {
      const receiver = await startReceiver();
      const methods = list('./lib/reviews.cjs', 'save count');
      const server = runApp({
        eval: app,
        receiver,
        cwd: folder,
        env: { FORETRACE_METHODS: methods, ...env },
      });
      return { receiver, url: await server.url('/') };
    };

    it('calls are below their request, and a callback goes on where its caller was', async () => {
      const { receiver, url } = await start({});
      expect(await (await fetch(url)).text()).toBe('3');
      expectTrace(await receiver.waitFor(3), [
        { name: 'GET', kind: 'SERVER', children: [{ name: 'save' }, { name: 'count' }] },
      ]);
      await receiver.close();
    });

    it('what is not sampled has no span, and asks nothing again', async () => {
      const { receiver, url } = await start({});
      const id = '0af7651916cd43dd8448eb211c80319c';
      await fetch(url, { headers: { traceparent: `00-${id}-b7ad6b7169203331-00` } });
      await fetch(url);
      expect((await receiver.waitFor(3)).map(({ traceId }) => traceId)).not.toContain(id);
      await receiver.close();
    });
  });

  it('a call that starts a trace decides for what is below it', async () => {
    const { spans, exit } = await run(
      `${list('./lib/reviews.cjs', 'shop.engine.quote Engine.prototype.tax')}`,
      {
        eval: `const { shop } = require('./lib/reviews.cjs'); for (let i = 0; i < 400; i++) shop.engine.quote(i);`,
        env: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
      },
    );
    expect(exit.code).toBe(0);
    const trees = traceTrees(spans);
    expect(trees.length).toBeGreaterThan(100);
    expect(trees.length).toBeLessThan(300);
    expect(new Set(trees.map(({ span }) => span.name))).toEqual(new Set(['shop.engine.quote']));
    expect(trees.every(({ children }) => children.length === 1)).toBe(true);
  });

  it('holds in worker threads too', async () => {
    const { spans, exit } = await run(list('./lib/reviews.cjs', 'count'), { file: 'methods/in-worker.cjs' });
    expect(exit).toMatchObject({ code: 0, stdout: '3\n' });
    expect(spans.map(({ name }) => name)).toEqual(['count']);
  });
});
