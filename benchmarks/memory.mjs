// How much memory does an agent hold at full load, and does it stay flat? Soak: `--seconds 600 --collector flapping`.
import { setTimeout as sleep } from 'node:timers/promises';
import { APPS, withApp } from './lib/load-benchmark.mjs';
import { generator, load } from './lib/load.mjs';
import { rssMegabytes, startApp } from './lib/processes.mjs';
import { caption, environment, main } from './lib/report.mjs';
import { median, trend } from './lib/stats.mjs';
import { lines } from './lib/svg.mjs';
import { number, signed, table } from './lib/table.mjs';
import { NAMES } from './lib/variants.mjs';

export const defaults = { seconds: 6, warmup: 0, rounds: 1, quick: { seconds: 2 } };
const FLAP_MS = 5000;

/** Takes the collector down and up again until `signal` aborts; leaves it up. */
async function flap(sink, signal) {
  for (;;) {
    for (const state of ['down', 'up']) {
      await sink.request(state);
      try {
        await sleep(FLAP_MS, undefined, { signal });
      } catch {
        if (state === 'down') await sink.request('up');
        return;
      }
    }
  }
}

async function sampleOf(app, variant, { env }, options) {
  const { sink } = variant;
  const running = await startApp(options.node, variant, { env });
  const started = performance.now();
  const points = [[0, rssMegabytes(running.pid)]];
  const sampler = setInterval(
    () => {
      if (running.alive()) points.push([(performance.now() - started) / 1000, rssMegabytes(running.pid)]);
    },
    Math.max(200, options.seconds * 5),
  );
  const end = new AbortController();
  if (options.collector === 'down') await sink.request('down');
  const flapping = options.collector === 'flapping' ? flap(sink, end.signal) : undefined;
  const before = await sink.request('counts');
  let loaded;
  try {
    loaded = await load(running.url + app.path, options.seconds, options.connections);
  } finally {
    clearInterval(sampler);
    end.abort();
    await flapping;
    await running.stop();
    if (options.collector === 'down') await sink.request('up');
  }
  const after = await sink.request('counts');
  const late = points.slice(-Math.ceil(points.length / 4)).map(([, rss]) => rss);
  return {
    name: variant.name,
    label: variant.label,
    version: variant.version,
    endRss: median(late),
    peakRss: Math.max(...points.map(([, rss]) => rss)),
    growthPerMinute: trend(points.slice(points.length >> 1)).slope * 60,
    spansPerRequest: (after.spans - before.spans) / loaded.requests,
    points,
  };
}

export async function run(options) {
  const app = APPS[options.app ?? 'http-hello'];
  const failures = [];
  const wanted = (options.variants ?? NAMES).map((variant) => [variant, 1]);
  const rows = [];
  await withApp(app, wanted, options, failures, async (context) => {
    for (const variant of context.variants) {
      try {
        rows.push(await sampleOf(app, variant, context, options));
        console.error(`memory ${variant.label}: ${number(rows.at(-1).endRss)} MB`);
      } catch (error) {
        failures.push(`${app.app}: ${error.message}`);
      }
    }
  });
  const baseline = rows.find(({ name }) => name === 'none');
  for (const row of rows) if (baseline && row !== baseline) row.added = row.endRss - baseline.endRss;
  const result = {
    name: 'memory',
    title: `${app.title}: RSS at full load, collector ${options.collector}`,
    how: `${generator}, ${options.connections} connections, ${options.seconds} s.`,
    environment: environment(options),
    rows,
    failures,
  };
  result.text = `\n## ${result.title}\n\n${caption(result)}\n\n${table(
    ['', 'RSS MB at the end', 'added MB', 'peak MB', 'growth MB/min', 'spans/request'],
    rows.map((row) => [
      row.label + (row.version ? ` ${row.version}` : ''),
      number(row.endRss),
      row.added && signed(row.added),
      number(row.peakRss),
      signed(row.growthPerMinute),
      number(row.spansPerRequest),
    ]),
  )}\n`;
  if (rows.length > 0) {
    const series = rows.map(({ label, name, points }) => ({ label, kind: name, points }));
    result.pictures = {
      memory: lines({
        title: result.title,
        note: caption(result),
        xUnit: 'over seconds of load',
        yUnit: 'RSS in MB',
        series,
      }),
    };
  }
  return result;
}

await main(import.meta, { run, defaults });
