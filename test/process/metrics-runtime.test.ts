/** What a collector gets of the process, the event loop and the heap of an app that runs as an operator would start it. */
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedMetric, ReceivedPoint } from '../support/otlp-metrics.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, NODE, ROOT, type RunOptions, runApp } from '../support/run-app.ts';

/** The permission model with what the agent needs to read, and no threads: the export has the app’s. */
function permissionFlags(): string[] {
  const [major = 0] = execFileSync(NODE, ['-p', 'process.versions.node']).toString().split('.').map(Number);
  const permission = major < 22 ? '--experimental-permission' : '--permission';
  return [permission, `--allow-fs-read=${ROOT}*`, ...(major < 25 ? [] : ['--allow-net'])];
}

interface Running extends App {
  readonly receiver: Receiver;
  /** As soon as there are so many exports that have metrics of Node: these. */
  exported(count: number): Promise<Map<string, ReceivedMetric>[]>;
  end(): Promise<void>;
}

/** Starts an app with a receiver of its own: these mostly wait, and some are started together, before the tests. */
async function start(code: string, options: RunOptions = {}): Promise<Running> {
  const receiver = await startReceiver();
  const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '400', ...options.env };
  const app = runApp({ eval: code, receiver, ...options, env });
  return Object.assign(app, {
    receiver,
    async exported(count: number) {
      const all = await receiver.waitForMetrics((exports) => ofNode(exports).length >= count, 20_000);
      return ofNode(all).map(byName);
    },
    async end() {
      app.child.kill('SIGKILL');
      await receiver.close();
    },
  });
}

const IDLE = `setInterval(() => {}, 60_000);`;

/** The exports that have metrics of Node, up to now. */
const ofNode = (exports: ReceivedMetric[][]) =>
  exports.filter((one) => one.some(({ name }) => name.startsWith('v8js.memory')));
const byName = (exported: ReceivedMetric[]) => new Map(exported.map((metric) => [metric.name, metric]));

function pointOf(
  metric: ReceivedMetric | undefined,
  attributes: Record<string, unknown> = {},
): ReceivedPoint {
  const wanted = JSON.stringify(attributes);
  const found = metric?.points.find((point) => JSON.stringify(point.attributes) === wanted);
  if (found === undefined) throw new Error(`${metric?.name} has no point ${wanted}`);
  return found;
}

/** The model files of the semantic conventions 1.45: unit, kind, attribute. */
const MODEL: Record<string, [unit: string, kind: string, attribute?: string]> = {
  'nodejs.eventloop.delay.min': ['s', 'gauge'],
  'nodejs.eventloop.delay.max': ['s', 'gauge'],
  'nodejs.eventloop.delay.mean': ['s', 'gauge'],
  'nodejs.eventloop.delay.stddev': ['s', 'gauge'],
  'nodejs.eventloop.delay.p50': ['s', 'gauge'],
  'nodejs.eventloop.delay.p90': ['s', 'gauge'],
  'nodejs.eventloop.delay.p99': ['s', 'gauge'],
  'nodejs.eventloop.utilization': ['1', 'gauge'],
  'nodejs.eventloop.time': ['s', 'counter', 'nodejs.eventloop.state'],
  'v8js.gc.duration': ['s', 'histogram', 'v8js.gc.type'],
  'v8js.memory.heap.used': ['By', 'updowncounter', 'v8js.heap.space.name'],
  'v8js.memory.heap.space.size': ['By', 'updowncounter', 'v8js.heap.space.name'],
  'v8js.memory.heap.space.available_size': ['By', 'updowncounter', 'v8js.heap.space.name'],
  'v8js.memory.heap.space.physical_size': ['By', 'updowncounter', 'v8js.heap.space.name'],
  'process.cpu.time': ['s', 'counter', 'cpu.mode'],
  'process.cpu.utilization': ['1', 'gauge', 'cpu.mode'],
  'process.memory.usage': ['By', 'updowncounter'],
  'process.memory.virtual': ['By', 'updowncounter'],
  'process.thread.count': ['{thread}', 'updowncounter'],
  'process.unix.file_descriptor.count': ['{file_descriptor}', 'updowncounter'],
  'process.uptime': ['s', 'gauge'],
};
const ofLinux = new Set(['process.memory.virtual', 'process.thread.count']);
const isLinux = process.platform === 'linux';

/** Does what it is told, one line each. */
const TOLD = `
  const fs = require('node:fs');
  const commands = {
    block(ms) { const end = performance.now() + ms; while (performance.now() < end); },
    collect(times) { for (let i = 0; i < times; i++) gc(); },
    take(descriptors) {
      for (let i = 0; i < descriptors; i++) fs.openSync(process.execPath);
      globalThis.held = Buffer.alloc(100e6, 1);
    },
    see() {
      return {
        descriptors: fs.readdirSync('/proc/self/fd').length - 1,
        rss: process.memoryUsage.rss(),
        threads: +/Threads:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
      };
    },
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [name, argument] = JSON.parse(line);
    console.log(JSON.stringify({ done: name, result: commands[name](argument) }));
  });
`;

describe('an app that lives on', () => {
  let app: Running;
  let first: Map<string, ReceivedMetric>[];
  beforeAll(async () => {
    app = await start(TOLD, { stdin: true, execArgv: ['--expose-gc'] });
    first = await app.exported(2);
  }, 40_000);
  afterAll(() => app.end());

  async function tell(name: string, argument?: number): Promise<any> {
    app.send([name, argument]);
    return (await app.line((line) => line?.done === name)).result;
  }

  /** What was sent as of now (or of a moment ago), once some of it fits. */
  async function since(
    fits: (exported: Map<string, ReceivedMetric>) => boolean,
    before = ofNode(app.receiver.metrics()).length,
  ) {
    const later = (exports: ReceivedMetric[][]) => ofNode(exports).slice(before).map(byName);
    return later(await app.receiver.waitForMetrics((exports) => later(exports).some(fits), 20_000)).find(
      fits,
    )!;
  }

  it('sends the metrics of the conventions, with their units, kinds and attributes', async () => {
    await tell('collect', 1);
    const last = await since((exported) => exported.has('v8js.gc.duration'));
    const expected = Object.entries(MODEL).filter(([name]) => isLinux || !ofLinux.has(name));
    const official = new Set<unknown>(Object.values(incubating));
    const actual = [...last.values()].map(({ name, unit, kind, monotonic, points }) => {
      const shown = kind === 'sum' ? (monotonic === true ? 'counter' : 'updowncounter') : kind;
      return [name, [unit, shown, ...new Set(points.flatMap(({ attributes }) => Object.keys(attributes)))]];
    });
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
    expect([...last.keys()].filter((name) => !official.has(name))).toEqual([]);
    expect(pointOf(last.get('v8js.gc.duration'), { 'v8js.gc.type': 'major' })).toMatchObject({
      bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    });
  });

  it('shows an idle loop while it is idle', () => {
    const last = first.at(-1)!;
    expect(pointOf(last.get('nodejs.eventloop.utilization')).value).toBeLessThan(0.5);
    const time = last.get('nodejs.eventloop.time');
    expect(pointOf(time, { 'nodejs.eventloop.state': 'idle' }).value).toBeGreaterThan(0.4);
    expect(pointOf(last.get('nodejs.eventloop.delay.min')).value).toBeLessThan(0.01);
  });

  it('shows that its loop was blocked in that interval, and not in the next one', async () => {
    const isBlocked = (exported: Map<string, ReceivedMetric>) =>
      pointOf(exported.get('nodejs.eventloop.delay.max')).value! > 1.1;
    const before = ofNode(app.receiver.metrics()).length;
    await tell('block', 1_200);
    const blocked = await since(isBlocked, before);
    expect(pointOf(blocked.get('nodejs.eventloop.delay.max')).value).toBeLessThan(5);
    expect(pointOf(blocked.get('nodejs.eventloop.delay.p99')).value).toBeGreaterThan(1.1);
    expect(pointOf(blocked.get('nodejs.eventloop.utilization')).value).toBeGreaterThan(0.5);
    await since((exported) => !isBlocked(exported));
  });

  it('counts each collection of garbage, by type', async () => {
    const count = (exported: Map<string, ReceivedMetric>) =>
      pointOf(exported.get('v8js.gc.duration'), { 'v8js.gc.type': 'major' }).count!;
    await tell('collect', 1);
    const before = count(await since(() => true));
    await tell('collect', 7);
    expect(count(await since((exported) => count(exported) > before))).toBeGreaterThanOrEqual(before + 7);
  });

  it.runIf(isLinux)('counts file descriptors, memory and threads as the system does', async () => {
    const value = (exported: Map<string, ReceivedMetric>, name: string) => pointOf(exported.get(name)).value!;
    const before = await since(() => true);
    await tell('take', 50);
    const actual = await tell('see');
    const after = await since((exported) => value(exported, 'process.unix.file_descriptor.count') > 50);
    // A connection of the export may come or go.
    expect(
      Math.abs(value(after, 'process.unix.file_descriptor.count') - actual.descriptors),
    ).toBeLessThanOrEqual(2);
    expect(value(after, 'process.thread.count')).toBe(actual.threads);
    expect(value(after, 'process.memory.usage') / actual.rss).toBeGreaterThan(0.8);
    const grown = value(after, 'process.memory.usage') - value(before, 'process.memory.usage');
    expect(grown).toBeGreaterThan(80e6);
    expect(value(after, 'process.memory.virtual')).toBeGreaterThan(actual.rss);
  });
});

describe('an app that is busy', () => {
  it('shows it, in deltas that add up', async () => {
    const app = await start(
      `const turn = () => { const end = performance.now() + 50; while (performance.now() < end); setImmediate(turn); };
       turn();`,
      { env: { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' } },
    );
    const exports = await app.exported(3);
    const last = exports.at(-1)!;
    expect(pointOf(last.get('nodejs.eventloop.utilization')).value).toBeGreaterThan(0.9);
    expect(pointOf(last.get('nodejs.eventloop.delay.p50')).value).toBeGreaterThan(0.02);
    // A reading that comes too late for its export is in the next one.
    const sum = exports
      .flatMap((one) => one.get('nodejs.eventloop.time')?.points ?? [])
      .filter(({ attributes }) => attributes['nodejs.eventloop.state'] === 'active')
      .reduce((total, { value }) => total + value!, 0);
    const uptime = pointOf(last.get('process.uptime')).value!;
    expect(sum).toBeGreaterThan(uptime / 3);
    expect(sum).toBeLessThan(uptime);
    const cpu = exports.map((one) => pointOf(one.get('process.cpu.time'), { 'cpu.mode': 'user' }));
    expect(cpu[2]!.startNs).toBe(cpu[1]!.timeNs);
    expect(cpu.reduce((total, { value }) => total + value!, 0)).toBeGreaterThan(0.1);
    const shares = last.get('process.cpu.utilization')!.points.map((point) => point.value!);
    expect(shares[0]! + shares[1]!).toBeGreaterThan(0);
    expect(shares[0]! + shares[1]!).toBeLessThan(1.1);
    await app.end();
  });
});

const SERVER = `
  const http = require('node:http');
  const server = http.createServer((request, response) => response.end('done'));
  server.listen(0, () => console.log(JSON.stringify({ port: server.address().port })));
  setTimeout(() => console.log(JSON.stringify('later')), 1_500);
`;

describe('an app that ends', () => {
  let short: Running;
  let long: Running;
  let server: Running;
  beforeAll(async () => {
    const env = { OTEL_METRIC_EXPORT_INTERVAL: '60000' };
    short = await start(`setTimeout(() => {}, 1_500)`, { env });
    server = await start(SERVER, { env });
    long = await start(
      `process.stdin.on('data', () => { globalThis.held = Array.from({ length: 3e6 }, (_, i) => ({ i })); process.exit(); })`,
      { stdin: true, env: { OTEL_METRIC_EXPORT_INTERVAL: '1500' } },
    );
  });

  it('sends nothing, and starts no export, when it has lived for less than an interval', async () => {
    const { code, stderr } = await short.exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(short.receiver.requests).toEqual([]);
  });

  it('sends its last interval', async () => {
    const before = (await long.exported(1)).at(-1)!;
    long.send({});
    await long.exited;
    const after = byName(ofNode(long.receiver.metrics()).at(-1)!);
    const used = (exported: Map<string, ReceivedMetric>) =>
      exported.get('v8js.memory.heap.used')!.points.reduce((sum, { value }) => sum + value!, 0);
    expect(used(after) - used(before)).toBeGreaterThan(20e6);
  });

  it('sends them with what it counted, also before an interval is over', async () => {
    await (await fetch(await server.url('/'))).text();
    await server.line((line) => line === 'later');
    expect(server.receiver.requests.flatMap(({ metrics }) => metrics)).toEqual([]);
    await server.stop();
    const [exported] = server.receiver.metrics();
    const names = [...byName(exported!).keys()];
    expect(names).toEqual(
      expect.arrayContaining(['http.server.request.duration', 'v8js.memory.heap.used', 'process.cpu.time']),
    );
  });
});

describe('none of them are sent', () => {
  const ways = [
    ['FORETRACE_RUNTIME_METRICS', 'off'],
    ['OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED', 'false'],
    ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', 'runtime-node'],
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'http'],
  ] as const;
  let apps: Running[];
  beforeAll(async () => {
    apps = await Promise.all(ways.map(([name, value]) => start(SERVER, { env: { [name]: value } })));
  });

  it.each(ways)('with %s=%s, which leaves other metrics as they are', async (name) => {
    const app = apps[ways.findIndex((way) => way[0] === name)]!;
    await (await fetch(await app.url('/'))).text();
    await app.line((line) => line === 'later');
    const { stderr } = await app.stop();
    expect(stderr).toBe('');
    const names = new Set(app.receiver.metrics().flatMap((one) => one.map((metric) => metric.name)));
    expect(names).toContain('http.server.request.duration');
    expect([...names].filter((one) => /^(nodejs|v8js|process)\./.test(one))).toEqual([]);
  });
});

describe('in the way of nobody', () => {
  let threads: Running;
  let replacing: Running;
  let restricted: Running;
  beforeAll(async () => {
    threads = await start(`
      const { Worker } = require('node:worker_threads');
      new Worker('setInterval(() => { const end = performance.now() + 100; while (performance.now() < end); }, 100)', { eval: true });
    `);
    replacing = await start(`
      const { performance } = require('node:perf_hooks');
      const keep = setInterval(() => {}, 60_000);
      const time = () => 0;
      for (const name of ['setTimeout', 'setInterval', 'setImmediate']) globalThis[name] = () => ({ unref() {} });
      for (const name of ['now', 'eventLoopUtilization']) Object.defineProperty(performance, name, { value: time });
      globalThis.PerformanceObserver = undefined;
      Date.now = time;
    `);
    restricted = await start(IDLE, {
      agent: 'require',
      execArgv: ['--no-warnings', ...permissionFlags()],
    });
  });

  it('threads of the app are not measured, the process once', async () => {
    const [, last] = await threads.exported(2);
    expect(pointOf(last!.get('nodejs.eventloop.utilization')).value).toBeLessThan(0.5);
    expect(last!.get('process.uptime')!.points).toHaveLength(1);
    await threads.end();
  });

  it('an app that replaces timers and clocks is measured all the same', async () => {
    const [, last] = await replacing.exported(2);
    expect(pointOf(last!.get('nodejs.eventloop.utilization')).value).toBeGreaterThan(0);
    await replacing.end();
  });

  it('Node’s permission model leaves out what it forbids', async () => {
    const [, last] = await restricted.exported(2);
    expect(pointOf(last!.get('process.memory.usage')).value).toBeGreaterThan(1e6);
    expect(last!.has('process.unix.file_descriptor.count')).toBe(false);
    expect(restricted.stderr).not.toContain('failed');
    await restricted.end();
  });
});
