// The common flow: start the app under every variant, warm each, then load one after the other for a second each, again and
// again, reading CPU time in between. Seconds apart all variants meet the same machine: on one shared with others (caches, memory
// bandwidth, clock) "no agent" alone differed by 50 % between runs half a minute apart. A round has fresh processes, because two
// runs of one process share its luck with memory layout and JIT.
import { setTimeout as sleep } from 'node:timers/promises';
import { load, generator } from './load.mjs';
import {
  APP_CORE,
  coreBusyMicroseconds,
  cpuMicroseconds,
  rssMegabytes,
  startApp,
  startServer,
} from './processes.mjs';
import { caption, environment } from './report.mjs';
import { pinServices, prepareShop } from './services.mjs';
import { median, spread } from './stats.mjs';
import { bars } from './svg.mjs';
import { number, signed, table, withSpread } from './table.mjs';
import { NAMES, available, sayOnce } from './variants.mjs';

/** The apps of apps/. `needs` names what has to run beside them, `unloaded` a measurement that takes no load generator. */
export const APPS = {
  'http-hello': { app: 'http-hello', path: '/', title: 'Bare node:http', spans: 1 },
  'express-pg-redis': {
    app: 'express-pg-redis',
    path: '/products/42',
    title: 'Express 5 + pg + ioredis',
    needs: 'shop',
    package: 'express',
    spans: 3,
  },
  'fastify-fetch': {
    app: 'fastify-fetch',
    path: '/stock/42',
    title: 'Fastify 5 + fetch (ESM)',
    needs: 'upstream',
    package: 'fastify',
    esm: true,
    spans: 2,
  },
};

/**
 * Starts what an app needs and calls `measure`; ends it all again, also after an error.
 *
 * @template T
 * @param {(context: {variants, env: object}) => Promise<T>} measure each variant has a receiver of its own, `sink`
 * @returns {Promise<T | undefined>} undefined when the app's packages or a load generator are not installed
 */
export async function withApp(app, wanted, options, failures, measure) {
  if (generator === undefined && app.unloaded !== true) {
    sayOnce(`neither wrk nor autocannon is installed (npm ci in benchmarks/), ${app.app} under load skipped`);
    return undefined;
  }
  if (app.package !== undefined) {
    try {
      import.meta.resolve(app.package);
    } catch {
      sayOnce(`${app.package} is not installed (npm ci in benchmarks/), ${app.app} skipped`);
      return undefined;
    }
  }
  const ends = [];
  try {
    const env = {};
    if (app.needs === 'shop') {
      ends.push(await prepareShop());
      if (options.pinServices) ends.push(pinServices());
    } else if (app.needs === 'upstream') {
      const upstream = await startServer('./upstream.mjs');
      ends.push(upstream.stop);
      env.UPSTREAM_URL = upstream.url;
    }
    const variants = [];
    for (const [name, rate] of wanted) {
      const sink = await startServer('./sink.mjs');
      ends.push(sink.stop);
      const settings = { app: app.app, esm: app.esm, node: options.node, rate, sinkUrl: sink.url };
      const variant = available(name, settings, failures);
      if (variant !== undefined) variants.push({ ...variant, sink });
    }
    return await measure({ variants, env });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

/** Short rounds may end before an agent's first flush (dd-trace: every 2 s, and not when the process is ended). */
async function firstSpans(sink, before) {
  for (const deadline = performance.now() + 3000; performance.now() < deadline;) {
    if ((await sink.request('counts')).spans > before) return;
    await sleep(100);
  }
}

/** Starts the app under a variant and warms it; what `meter` counts in one turn is read by the next. */
async function begin(app, variant, env, options) {
  const before = await variant.sink.request('counts');
  const running = await startApp(options.node, variant, { env });
  const url = running.url + app.path;
  const run = { variant, running, url, before, requests: 0, turns: [] };
  if (options.warmupSeconds > 0)
    run.requests = (await load(url, options.warmupSeconds, options.connections)).requests;
  return run;
}

/** One second of load. CPU time is read at the start of each turn: what an agent does between its turns is counted too. */
async function turn(run, options) {
  const started = performance.now();
  const cpuBefore = cpuMicroseconds(run.running.pid);
  const busyBefore = coreBusyMicroseconds(APP_CORE);
  const { requests, perSecond } = await load(run.url, Math.min(1, options.seconds), options.connections);
  const cpu = cpuMicroseconds(run.running.pid) - cpuBefore;
  const foreign = coreBusyMicroseconds(APP_CORE) - busyBefore - cpu;
  run.requests += requests;
  run.turns.push({
    cpuBefore,
    requests,
    perSecond,
    foreignShare: Math.max(0, foreign) / ((performance.now() - started) * 1000),
  });
}

/** What the turns of a process have cost; undefined without turns. */
async function finish(run) {
  const { variant, running, before, turns } = run;
  const cpuAfter = cpuMicroseconds(running.pid);
  const rss = rssMegabytes(running.pid);
  if (variant.name !== 'none' && variant.rate === 1) await firstSpans(variant.sink, before.spans);
  await running.stop();
  const after = await variant.sink.request('counts');
  const spans = after.spans - before.spans;
  return {
    turns: turns.map(({ requests, perSecond, foreignShare, cpuBefore }, i) => ({
      cpuPerRequest: ((turns[i + 1]?.cpuBefore ?? cpuAfter) - cpuBefore) / requests,
      perSecond,
      foreignShare,
    })),
    rss,
    spansPerRequest: spans / run.requests,
    bytesPerSpan: spans === 0 ? undefined : (after.bytes - before.bytes) / spans,
  };
}

/** So many processes at a time: each holds connections of the database, which has 100. */
const MAX_AT_ONCE = 8;

/** Groups of variants that run at the same time, each with the variant to compare with, which comes first. */
function groups(variants) {
  const [first, ...others] = variants;
  if (first?.name !== 'none') return variants.length > 0 ? [variants] : [];
  const count = Math.max(1, Math.ceil(others.length / (MAX_AT_ONCE - 1)));
  const size = Math.ceil(others.length / count);
  return Array.from({ length: count }, (_, i) => [first, ...others.slice(i * size, (i + 1) * size)]);
}

/** One round of a group. A variant whose app fails is left out and named in `failures`. */
async function round(app, group, env, options, failures) {
  const runs = [];
  const broken = new Set();
  const guard = async (run, step) => {
    try {
      return await step();
    } catch (error) {
      broken.add(run);
      const death = run?.running.alive() === false ? `, ${run.running.death()}` : '';
      failures.push(`${app.app}: ${error.message}${death}`);
      await run?.running.stop();
      return undefined;
    }
  };
  for (const variant of group) {
    const run = await guard(undefined, () => begin(app, variant, env, options));
    if (run !== undefined) runs.push(run);
  }
  for (let second = 0; second < Math.max(1, options.seconds); second++) {
    // Forwards and backwards in turn: being always first or always after the same neighbour may be an advantage.
    for (const run of second % 2 === 0 ? runs : runs.toReversed()) {
      if (!broken.has(run)) await guard(run, () => turn(run, options));
    }
  }
  const finished = [];
  for (const run of runs) {
    if (broken.has(run)) continue;
    const result = await guard(run, () => finish(run));
    if (result !== undefined) finished.push({ variant: run.variant, ...result });
  }
  return finished;
}

/**
 * Rounds over the variants.
 *
 * @param {Array<[string, number]>} wanted names and sampling rates; `none` comes first
 * @returns {Promise<Array<object> | undefined>} one row per variant
 */
export async function measureLoad(app, wanted, options, failures) {
  return withApp(app, wanted, options, failures, async ({ variants, env }) => {
    const rounds = new Map(variants.map((variant) => [variant, []]));
    for (let i = 0; i < options.rounds; i++) {
      for (const [g, group] of groups(variants).entries()) {
        const finished = await round(app, group, env, options, failures);
        const baseline = finished.find(({ variant }) => variant.name === 'none');
        for (const { variant, ...run } of finished) {
          rounds.get(variant).push({ round: i, group: g, added: differences(run, baseline), ...run });
          const cpu = median(run.turns.map(({ cpuPerRequest }) => cpuPerRequest));
          console.error(
            `${app.app} ${i + 1}/${options.rounds} ${variant.label}: ${number(cpu)} µs, ${number(run.spansPerRequest)} spans per request`,
          );
          if (variant.name !== 'none' && variant.rate === 1 && run.spansPerRequest === 0) {
            failures.push(`${app.app}: ${variant.label} delivered no spans at 100 %`);
          }
        }
      }
    }
    warnOfNoise([...rounds.values()].flatMap((runs) => runs.flatMap(({ turns }) => turns)));
    return summarise(rounds);
  });
}

/** Turn by turn: what slows the whole machine for a while cancels out. */
function differences({ turns }, baseline) {
  if (baseline === undefined || baseline.turns === turns) return [];
  return turns.map(({ cpuPerRequest }, i) => cpuPerRequest - baseline.turns[i].cpuPerRequest);
}

/** Shared machines: figures taken while others used the app's core are too high, and not for all variants alike. */
function warnOfNoise(turns) {
  const noisy = turns.filter(({ foreignShare }) => foreignShare > 0.1).length;
  if (noisy > 0) {
    console.error(
      `noisy: in ${noisy} of ${turns.length} turns other processes took over 10 % of the app's core`,
    );
  }
}

function summarise(rounds) {
  const rows = [];
  for (const [{ name, rate, label, version, flags }, runs] of rounds) {
    if (runs.length === 0) continue;
    const pick = (key) => runs.map((run) => run[key]);
    const turns = pick('turns').flat();
    const added = pick('added').flat();
    rows.push({
      name,
      rate,
      label,
      version,
      flags: flags.map((flag) => flag.replace(/^(file:\/\/)?\/(.*\/node_modules\/|.*\/(?=register\.))/, '')),
      cpuPerRequest: spread(turns.map(({ cpuPerRequest }) => cpuPerRequest)),
      added: added.length === 0 ? undefined : spread(added),
      perSecond: spread(turns.map(({ perSecond }) => perSecond)),
      spansPerRequest: spread(pick('spansPerRequest')),
      bytesPerSpan: runs.every((run) => run.bytesPerSpan === undefined)
        ? undefined
        : spread(pick('bytesPerSpan').filter((bytes) => bytes !== undefined)),
      rss: spread(pick('rss')),
      foreignShare: spread(turns.map(({ foreignShare }) => foreignShare)),
      rounds: runs,
    });
  }
  const floor = rows.find(({ name }) => name === 'floor');
  for (const row of rows) {
    if (row.added && floor?.added?.median > 0) row.timesFloor = row.added.median / floor.added.median;
  }
  return rows;
}

export function loadTable(rows) {
  return table(
    ['', 'CPU µs/request', 'added µs', '× floor', 'requests/s', 'spans/request', 'bytes/span', 'RSS MB'],
    rows.map((row) => [
      row.label + (row.version ? ` ${row.version}` : ''),
      withSpread(row.cpuPerRequest),
      row.added && withSpread(row.added, signed),
      row.timesFloor && number(row.timesFloor),
      number(row.perSecond.median),
      number(row.spansPerRequest.median),
      row.bytesPerSpan && number(row.bytesPerSpan.median),
      number(row.rss.median),
    ]),
  );
}

export function loadBars(title, result, rows, group) {
  return bars({
    title,
    note: caption(result),
    unit: 'CPU µs per request',
    rows: rows.map((row) => ({
      label: row.label,
      kind: row.name,
      spread: row.cpuPerRequest,
      shown: row.added
        ? `${number(row.cpuPerRequest.median)} (${signed(row.added.median)})`
        : number(row.cpuPerRequest.median),
      group: group?.(row),
    })),
  });
}

/** A benchmark of one app under all variants at 100 % sampling. */
export async function overhead(name, options) {
  const app = APPS[name];
  const failures = [];
  const wanted = (options.variants ?? NAMES).map((variant) => [variant, 1]);
  const rows = (await measureLoad(app, wanted, options, failures)) ?? [];
  const result = {
    name,
    title: `${app.title}: CPU per request, every request sampled`,
    ...method(options),
    rows,
    failures,
  };
  result.text = report(result);
  if (rows.length > 0) result.pictures = { [name]: loadBars(result.title, result, rows) };
  return result;
}

/**
 * A benchmark of the common apps, or of those of `--app`.
 *
 * @param {{name: string, title: string, pictured?: string}} benchmark `pictured` is what the picture of an app shows
 * @param {Array<[string, number]>} wanted names and sampling rates; `none` comes first
 * @param {(rows: Array<object>) => {text?: string, figures?: object}} [tell] what else its rows tell
 */
export async function perApp({ name, title, pictured = title }, options, wanted, tell = () => ({})) {
  const failures = [];
  const result = { name, title, ...method(options), apps: [], failures };
  result.text = `\n## ${title}\n\n${caption(result)}\n`;
  result.pictures = {};
  const names =
    options.app?.split(',') ?? (options.quick ? ['http-hello'] : ['http-hello', 'express-pg-redis']);
  for (const app of names) {
    const rows = await measureLoad(APPS[app], wanted, options, failures);
    if (rows === undefined) continue;
    const { text = '', figures } = tell(rows);
    result.apps.push({ app, rows, ...figures });
    result.text += `\n### ${APPS[app].title}\n\n${loadTable(rows)}\n${text}`;
    result.pictures[`${name}-${app}`] = loadBars(`${APPS[app].title}: ${pictured}`, result, rows);
  }
  return result;
}

export function method(options) {
  return {
    how: `${generator}, ${options.connections} connections; medians of ${options.rounds} × ${Math.max(1, options.seconds)} turns of a second, whiskers min–max.`,
    environment: environment(options),
  };
}

export function report(result) {
  return `\n## ${result.title}\n\n${caption(result)}\n\n${result.rows.length > 0 ? loadTable(result.rows) : 'not run'}\n`;
}
