// `npm run demo`: a shop of two services runs under foretrace, and the traces of some requests are printed as trees.
//
// `npm run demo -- --controls` runs it once more, with variables that say what is recorded, hidden and kept.
//
// The services (examples/shop) know nothing of tracing: they are started with `--import register.mjs` and environment
// variables. Their spans come to this process over OTLP/HTTP, as they would to a collector.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from '../scripts/load.mjs';

const REGISTER = new URL('../register.mjs', import.meta.url).href;
const START_MS = 10_000;
const ANSWER_MS = 10_000;
/** `SpanKind` of OTLP. */
const SERVER = 2;

const REQUESTS = [
  { title: 'a success', method: 'POST', path: '/orders', body: { item: 'chair', quantity: 2 } },
  { title: 'a 404, which has no route', method: 'GET', path: '/wishlist' },
  {
    title: 'a failure: nobody thought of items that are gone',
    method: 'POST',
    path: '/orders',
    body: { item: 'lamp', quantity: 1 },
  },
  { title: 'a slow one: item after item instead of all at once', method: 'GET', path: '/packing/list' },
];

/** Of the second run: failed traces alone are kept, whatever else happens, and they tell more. */
const CONTROLS = {
  OTEL_TRACES_SAMPLER: 'always_off',
  FORETRACE_KEEP: 'errors',
  FORETRACE_METHODS: './stock.js#locate=Warehouse.locate',
  FORETRACE_REQUEST_ATTRIBUTES: 'customer=header:x-customer',
  FORETRACE_MASK: 'email',
  FORETRACE_N_PLUS_ONE: '3',
};
const CONTROLLED = [
  REQUESTS[0],
  { title: 'kept, since it fails', method: 'GET', path: '/packing/labels', customer: 'jane@example.com' },
  REQUESTS[3],
];

const scratch = mkdtempSync(join(tmpdir(), 'foretrace-demo-'));
const children = new Set();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.once(signal, () => process.exit(code));
}

/** Takes OTLP requests and keeps their bodies. */
async function startReceiver() {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(Buffer.concat(chunks));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { bodies, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Starts a service as an operator would, and resolves when it listens. */
async function startService(name, env) {
  const options = {
    cwd: fileURLToPath(new URL(`shop/${name}`, import.meta.url)),
    env: { ...cleanEnvironment(), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  };
  // Node 22 and 24 warn that their SQLite is experimental, which is of no interest here.
  const args = ['--disable-warning=ExperimentalWarning', '--import', REGISTER, 'server.js'];
  const child = spawn(process.execPath, args, options);
  children.add(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const closed = once(child, 'close').finally(() => children.delete(child));
  const url = await new Promise((resolve, reject) => {
    let stdout = '';
    const failed = (why) => reject(new Error(`the service ${name} ${why}\n${stdout}${stderr}`));
    const timer = setTimeout(() => failed(`does not listen after ${START_MS} ms`), START_MS);
    closed.then(([code, signal]) => failed(`ended with ${signal ?? code}`), reject);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      const found = /http:\S+/.exec(stdout)?.[0];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  return {
    url,
    /** SIGTERM ends the service at once, but not before what it recorded is sent. */
    async stop() {
      child.kill('SIGTERM');
      await closed;
      return stderr.split('\n').filter((line) => line.startsWith('foretrace:'));
    },
  };
}

/** Ours, without settings of the agent that may be in the shell: they would lead the spans elsewhere. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|FORETRACE_|NODE_OPTIONS$)/.test(name),
  );
  return Object.fromEntries(kept);
}

async function ask(base, { method, path, body, customer }) {
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(customer && { 'x-customer': customer }),
  };
  const json = body && { body: JSON.stringify(body) };
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(base + path, { method, headers, ...json, signal });
  await response.arrayBuffer();
  return response.status;
}

/** The spans by trace, in the order in which the traces began. */
function tracesOf(spans) {
  const traces = new Map();
  const byStart = spans.toSorted((a, b) => (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1));
  for (const span of byStart) {
    const trace = traces.get(span.traceId);
    if (trace) trace.push(span);
    else traces.set(span.traceId, [span]);
  }
  return [...traces.values()];
}

const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
const width = Math.max(process.stdout.columns ?? Number(process.env.COLUMNS || 140), 100);

function show(title, line, trace) {
  const heading = color ? `\u001b[1;4m${title}\u001b[0m` : `── ${title}`;
  console.log(`${heading}\n${line}\n${renderTrace(trace, { color, width })}`);
}

const [{ readRequest }, { renderTrace }] = await Promise.all([
  load('src/encode/read.ts'),
  load('src/export/thread/exporters/tree.ts'),
]);

/** Sends the requests to the shop, started anew, and returns what came of it. */
async function runShop(requests, env, database) {
  const receiver = await startReceiver();
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env };
  const stock = await startService('stock', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const orders = await startService('orders', {
    ...otlp,
    STOCK_URL: stock.url,
    DATABASE: join(scratch, database),
  });
  const statuses = [];
  // oxlint-disable-next-line no-await-in-loop -- one after the other, as the traces are told apart by their order
  for (const request of requests) statuses.push(await ask(orders.url, request));
  const remarks = [...(await orders.stop()), ...(await stock.stop())];
  receiver.close();
  for (const remark of remarks) console.error(remark);
  return { statuses, traces: tracesOf(receiver.bodies.flatMap(readRequest)) };
}

function lineOf({ method, path, body }, status) {
  return [method, path, ...(body ? [JSON.stringify(body)] : []), '→', status].join(' ');
}

function missing(expected, traces) {
  if (traces.length === expected) return;
  console.error(`${expected} traces were to come, ${traces.length} came`);
  process.exitCode = 1;
}

const { statuses, traces } = await runShop(REQUESTS, {}, 'orders.db');
const served = traces.filter(([{ kind }]) => kind === SERVER);
const others = traces.filter(([{ kind }]) => kind !== SERVER);
console.log(
  'Two services that know nothing of tracing, started with `node --import register.mjs server.js`.\n',
);
for (const trace of others) show('start-up', 'the orders open their database', trace);
for (const [i, request] of REQUESTS.entries())
  show(request.title, lineOf(request, statuses[i]), served.shift() ?? []);
missing(REQUESTS.length + 1, traces);

if (process.argv.includes('--controls')) {
  const controlled = await runShop(CONTROLLED, CONTROLS, 'controlled.db');
  const words = Object.entries(CONTROLS).map(([name, value]) => `  ${name}='${value}'`);
  console.log(['The same shop, the orders with', ...words].join('\n'));
  const asked = CONTROLLED.map((request, i) => `  ${lineOf(request, controlled.statuses[i])}`);
  console.log(['', 'was asked', ...asked, 'and sent', ''].join('\n'));
  const failed = CONTROLLED[1];
  const [trace = []] = controlled.traces;
  show(failed.title, lineOf(failed, controlled.statuses[1]), trace);
  missing(1, controlled.traces);
  for (const { name, attributes, events } of trace) {
    for (const { key, value } of attributes)
      if (key === 'customer') console.log(`${name}: ${key} = ${value}`);
    for (const event of events.filter((one) => one.name.startsWith('foretrace.'))) {
      const facts = event.attributes.map(({ key, value }) => `${key} = ${value}`);
      console.log([`${name}: ${event.name}`, ...facts].join('\n  '));
    }
  }
}
