// The common flow: start the app under a variant, load it, read its CPU time, end it; then the next variant; then the next
// round. A fresh process per round, because two runs of one process share its luck with memory layout and JIT.
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
import { spread } from './stats.mjs';
import { bars } from './svg.mjs';
import { number, signed, table, withSpread } from './table.mjs';
import { NAMES, available, sayOnce } from './variants.mjs';

/** The apps of apps/. `needs` names what has to run beside them. */
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
 * @param {(context: {sink, variants, failures: string[], env: object}) => Promise<T>} measure
 * @returns {Promise<T | undefined>} undefined when the app's packages are not installed
 */
export async function withApp(app, wanted, options, failures, measure) {
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
    const sink = await startServer('./sink.mjs');
    ends.push(sink.stop);
    const env = {};
    if (app.needs === 'shop') {
      ends.push(await prepareShop());
      if (options.pinServices) ends.push(pinServices());
    } else if (app.needs === 'upstream') {
      const upstream = await startServer('./upstream.mjs');
      ends.push(upstream.stop);
      env.UPSTREAM_URL = upstream.url;
    }
    const settings = { app: app.app, esm: app.esm, node: options.node, sinkUrl: sink.url };
    const variants = available(wanted, settings, failures);
    return await measure({ sink, variants, env });
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

/** One process, one round. */
async function round(app, variant, { sink, env }, options) {
  const before = await sink.request('counts');
  const running = await startApp(options.node, variant, { env });
  const url = running.url + app.path;
  let requests = 0;
  let measured;
  try {
    if (options.warmupSeconds > 0)
      ({ requests } = await load(url, options.warmupSeconds, options.connections));
    const started = performance.now();
    const busyBefore = coreBusyMicroseconds(APP_CORE);
    const cpuBefore = cpuMicroseconds(running.pid);
    const { requests: completed, perSecond } = await load(url, options.seconds, options.connections);
    const cpu = cpuMicroseconds(running.pid) - cpuBefore;
    const foreign = coreBusyMicroseconds(APP_CORE) - busyBefore - cpu;
    requests += completed;
    measured = {
      cpuPerRequest: cpu / completed,
      perSecond,
      rss: rssMegabytes(running.pid),
      foreignShare: Math.max(0, foreign) / ((performance.now() - started) * 1000),
    };
    if (variant.name !== 'none' && variant.rate === 1) await firstSpans(sink, before.spans);
  } catch (error) {
    if (running.alive()) throw error;
    throw new Error(`${error.message}, ${running.death()}`, { cause: error });
  } finally {
    await running.stop();
  }
  const after = await sink.request('counts');
  const spans = after.spans - before.spans;
  return {
    ...measured,
    spansPerRequest: spans / requests,
    bytesPerSpan: spans === 0 ? undefined : (after.bytes - before.bytes) / spans,
  };
}

/**
 * Rounds over the variants, interleaved.
 *
 * @param {Array<[string, number]>} wanted names and sampling rates; `none` comes first
 * @returns {Promise<Array<object> | undefined>} one row per variant
 */
export async function measureLoad(app, wanted, options, failures) {
  return withApp(app, wanted, options, failures, async (context) => {
    const { variants } = context;
    const rounds = new Map(variants.map((variant) => [variant, []]));
    for (let i = 0; i < options.rounds; i++) {
      for (const variant of variants) {
        try {
          const run = await round(app, variant, context, options);
          rounds.get(variant).push({ round: i, ...run });
          console.error(
            `${app.app} ${i + 1}/${options.rounds} ${variant.label}: ${number(run.cpuPerRequest)} µs, ${number(run.spansPerRequest)} spans per request`,
          );
          if (variant.name !== 'none' && variant.rate === 1 && run.spansPerRequest === 0) {
            failures.push(`${app.app}: ${variant.label} delivered no spans at 100 %`);
          }
        } catch (error) {
          failures.push(`${app.app}: ${error.message}`);
        }
      }
    }
    warnOfNoise([...rounds.values()].flat());
    return summarise(rounds);
  });
}

/** Shared machines: figures taken while others used the app's core are too high, and not for all variants alike. */
function warnOfNoise(runs) {
  const noisy = runs.filter(({ foreignShare }) => foreignShare > 0.1).length;
  if (noisy > 0) {
    console.error(
      `noisy: in ${noisy} of ${runs.length} rounds other processes took over 10 % of the app's core`,
    );
  }
}

/** Added cost is the median of the differences within a round: what slows the whole machine for a while cancels out. */
function summarise(rounds) {
  const baseline = [...rounds].find(([{ name }]) => name === 'none')?.[1];
  const rows = [];
  for (const [{ name, rate, label, version, flags }, runs] of rounds) {
    if (runs.length === 0) continue;
    const pick = (key) => runs.map((run) => run[key]);
    const added = runs.flatMap((run) => {
      const same = baseline?.find(({ round }) => round === run.round);
      return same === undefined ? [] : [run.cpuPerRequest - same.cpuPerRequest];
    });
    rows.push({
      name,
      rate,
      label,
      version,
      flags: flags.map((flag) => flag.replace(/^(file:\/\/)?\/.*\/(node_modules|benchmarks\/\.\.)\//, '')),
      cpuPerRequest: spread(pick('cpuPerRequest')),
      added: name === 'none' || added.length === 0 ? undefined : spread(added),
      perSecond: spread(pick('perSecond')),
      spansPerRequest: spread(pick('spansPerRequest')),
      bytesPerSpan: runs.every((run) => run.bytesPerSpan === undefined)
        ? undefined
        : spread(pick('bytesPerSpan').filter((bytes) => bytes !== undefined)),
      rss: spread(pick('rss')),
      foreignShare: spread(pick('foreignShare')),
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

export function method(options) {
  return {
    how: `${generator}, ${options.connections} connections; medians of ${options.rounds} × ${Math.max(1, options.seconds)} s, whiskers min–max.`,
    environment: environment(options),
  };
}

export function report(result) {
  return `\n## ${result.title}\n\n${caption(result)}\n\n${result.rows.length > 0 ? loadTable(result.rows) : 'not run'}\n`;
}
