// How much later does an app listen, and how much CPU does that take? A fresh process each time; the files are in the
// page cache. `--nodes a,b,c` measures several versions of Node.js in one run.
import { APPS, withApp } from './lib/load-benchmark.mjs';
import { rssMegabytes, startApp } from './lib/processes.mjs';
import { caption, environment, main } from './lib/report.mjs';
import { spread } from './lib/stats.mjs';
import { bars } from './lib/svg.mjs';
import { number, signed, table, withSpread } from './lib/table.mjs';
import { NAMES, nodeVersion } from './lib/variants.mjs';

export const defaults = { seconds: 0, warmup: 0, rounds: 9, quick: { rounds: 2 } };

async function measure(name, options, failures) {
  const wanted = (options.variants ?? NAMES).map((variant) => [variant, 1]);
  return withApp({ ...APPS[name], unloaded: true }, wanted, options, failures, async ({ variants, env }) => {
    const rows = variants.map((variant) => ({ variant, starts: [] }));
    for (let i = 0; i < options.rounds; i++) {
      for (const { variant, starts } of rows) {
        try {
          const app = await startApp(options.node, variant, { env });
          starts.push({ ms: app.startMs, cpuMs: app.startCpuMs, rss: rssMegabytes(app.pid) });
          await app.stop(0);
        } catch (error) {
          failures.push(`${name}: ${error.message}`);
        }
      }
    }
    const baseline = rows[0].starts;
    return rows
      .filter(({ starts }) => starts.length === options.rounds)
      .map(({ variant, starts }) => ({
        name: variant.name,
        label: variant.label,
        version: variant.version,
        ms: spread(starts.map(({ ms }) => ms)),
        addedMs: variant.name === 'none' ? undefined : spread(starts.map(({ ms }, i) => ms - baseline[i].ms)),
        cpuMs: spread(starts.map(({ cpuMs }) => cpuMs)),
        rss: spread(starts.map(({ rss }) => rss)),
      }));
  });
}

export async function run(options) {
  const failures = [];
  const result = {
    name: 'startup',
    title: 'Start to listening',
    environment: environment(options),
    apps: [],
    failures,
  };
  result.how = `Medians of ${options.rounds} starts, whiskers min–max.`;
  result.text = `\n## ${result.title}\n`;
  result.pictures = {};
  for (const node of options.nodes) {
    const version = nodeVersion(node).join('.');
    for (const name of options.app?.split(',') ?? ['http-hello', 'express-pg-redis']) {
      const rows = await measure(name, { ...options, node }, failures);
      if (rows === undefined) continue;
      result.apps.push({ app: name, node: version, rows });
      console.error(`startup ${name}, Node ${version}: done`);
      result.text += `\n### ${APPS[name].title}, Node ${version}\n\n${rowsTable(rows)}\n`;
    }
  }
  result.pictures.startup = bars({
    title: result.title,
    note: caption(result),
    unit: 'ms',
    rows: result.apps.flatMap(({ app, node, rows }) =>
      rows.map(({ name, label, ms, addedMs }) => ({
        label,
        kind: name,
        spread: ms,
        shown: `${number(ms.median)}${addedMs ? ` (${signed(addedMs.median)})` : ''}`,
        group: `${APPS[app].title}, Node ${node}`,
      })),
    ),
  });
  return result;
}

function rowsTable(rows) {
  return table(
    ['', 'ms to listening', 'added ms', 'CPU ms', 'RSS MB'],
    rows.map((row) => [
      row.label + (row.version ? ` ${row.version}` : ''),
      withSpread(row.ms),
      row.addedMs && withSpread(row.addedMs, signed),
      number(row.cpuMs.median),
      number(row.rss.median),
    ]),
  );
}

await main(import.meta, { run, defaults });
