// Does an agent's work show as latency? Load at a fixed rate, half of what the app can do without an agent.
import { APPS, withApp } from './lib/load-benchmark.mjs';
import { load } from './lib/load.mjs';
import { runBeside, startApp } from './lib/processes.mjs';
import { caption, environment, main } from './lib/report.mjs';
import { spread } from './lib/stats.mjs';
import { bars } from './lib/svg.mjs';
import { number, table, withSpread } from './lib/table.mjs';
import { NAMES } from './lib/variants.mjs';

export const defaults = { seconds: 3, warmup: 1, rounds: 3 };
const PRELOAD = ['--require', new URL('./lib/event-loop-delay.cjs', import.meta.url).pathname];
const GENERATOR = new URL('./lib/fixed-rate.mjs', import.meta.url).pathname;

async function atRate(url, rate, seconds, connections) {
  const args = [GENERATOR, url, String(rate), String(seconds), String(connections)];
  const result = JSON.parse(await runBeside(process.execPath, args));
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  return result;
}

async function maximum(app, variant, { env }, options) {
  const running = await startApp(options.node, variant, { env });
  try {
    if (options.warmupSeconds > 0)
      await load(running.url + app.path, options.warmupSeconds, options.connections);
    return (await load(running.url + app.path, options.seconds, options.connections)).perSecond;
  } finally {
    await running.stop();
  }
}

async function round(app, variant, { env }, rate, options) {
  const running = await startApp(options.node, variant, { env, flags: PRELOAD });
  const url = running.url + app.path;
  try {
    if (options.warmupSeconds > 0) await load(url, options.warmupSeconds, options.connections);
    await running.ask('SIGUSR2', 'delay ');
    const result = await atRate(url, rate, options.seconds, options.connections);
    const delay = JSON.parse((await running.ask('SIGUSR2', 'delay ')).slice(6));
    return { ...result, delay };
  } finally {
    await running.stop();
  }
}

export async function run(options) {
  const app = APPS[options.app ?? 'http-hello'];
  const failures = [];
  const wanted = (options.variants ?? NAMES).map((variant) => [variant, 1]);
  let rate = options.requestRate;
  let rows = [];
  await withApp(app, wanted, options, failures, async (context) => {
    rate ??= Math.round((await maximum(app, context.variants[0], context, options)) / 2);
    rows = context.variants.map((variant) => ({ variant, runs: [] }));
    for (let i = 0; i < options.rounds; i++) {
      for (const { variant, runs } of rows) {
        try {
          runs.push(await round(app, variant, context, rate, options));
          console.error(
            `tail-latency ${i + 1}/${options.rounds} ${variant.label}: p99 ${number(runs.at(-1).p99)} ms`,
          );
        } catch (error) {
          failures.push(`${app.app}: ${error.message}`);
        }
      }
    }
  });
  const result = {
    name: 'tail-latency',
    title: `${app.title}: latency at ${(rate ?? 0).toLocaleString('en-US')} requests/s`,
    how: `${options.connections} connections; medians of ${options.rounds} × ${options.seconds} s, whiskers min–max.`,
    environment: environment(options),
    rate,
    rows: rows.filter(({ runs }) => runs.length > 0).map(({ variant, runs }) => summary(variant, runs, rate)),
    failures,
  };
  result.text = `\n## ${result.title}\n\n${caption(result)}\n\n${table(
    ['', 'p50 ms', 'p99 ms', 'p99.9 ms', 'loop delay p99.9 ms', 'requests/s'],
    result.rows.map((row) => [
      row.label + (row.version ? ` ${row.version}` : ''),
      number(row.p50.median),
      withSpread(row.p99),
      number(row.p999.median),
      withSpread(row.delay),
      number(row.perSecond.median) + (row.saturated ? ' (saturated)' : ''),
    ]),
  )}\n`;
  if (result.rows.length > 0) result.pictures = { 'tail-latency': picture(result) };
  return result;
}

function summary(variant, runs, rate) {
  const of = (pick) => spread(runs.map(pick));
  const perSecond = of((run) => run.perSecond);
  return {
    name: variant.name,
    label: variant.label,
    version: variant.version,
    p50: of((run) => run.p50),
    p99: of((run) => run.p99),
    p999: of((run) => run.p999),
    delay: of((run) => run.delay.p999),
    perSecond,
    /** The variant cannot keep up: its latency only says how long the queue grew. */
    saturated: perSecond.median < 0.97 * rate,
    rounds: runs,
  };
}

function picture(result) {
  const rows = result.rows.filter(({ saturated }) => !saturated);
  const chart = (key, group) =>
    rows.map((row) => ({
      label: row.label,
      kind: row.name,
      spread: row[key],
      shown: number(row[key].median),
      group,
    }));
  const saturated = result.rows.filter((row) => row.saturated).map(({ label }) => label);
  const note = caption(result) + (saturated.length > 0 ? ` Could not keep up: ${saturated.join(', ')}.` : '');
  const groups = [...chart('p99', 'Request latency, p99'), ...chart('delay', 'Event loop delay, p99.9')];
  return bars({ title: result.title, note, unit: 'ms', rows: groups });
}

await main(import.meta, { run, defaults });
