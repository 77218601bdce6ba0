// What does it cost to hold each trace until it is known whether it is kept? At 1 %, with FORETRACE_KEEP, beside 1 % and 100 % without.
import { APPS, loadBars, loadTable, measureLoad, method } from './lib/load-benchmark.mjs';
import { caption, main } from './lib/report.mjs';
import { number } from './lib/table.mjs';

export const defaults = { seconds: 4, warmup: 2, rounds: 3, quick: { warmup: 0 } };
const WANTED = [
  ['none', 1],
  ['foretrace', 1],
  ['keep', 0.01],
  ['foretrace', 0.01],
];

export async function run(options) {
  const failures = [];
  const result = {
    name: 'keep',
    title: 'CPU per request with traces held until their end',
    ...method(options),
    apps: [],
    failures,
  };
  result.text = `\n## ${result.title}\n\n${caption(result)}\n`;
  result.pictures = {};
  const names =
    options.app?.split(',') ?? (options.quick ? ['http-hello'] : ['http-hello', 'express-pg-redis']);
  for (const name of names) {
    const rows = await measureLoad(APPS[name], WANTED, options, failures);
    if (rows === undefined) continue;
    const [, all, keep] = rows.map(({ added }) => added?.median);
    result.apps.push({ app: name, rows, shareOfAll: keep / all });
    result.text += `\n### ${APPS[name].title}\n\n${loadTable(rows)}\n\nHeld, each trace costs ${number((keep / all) * 100)} % of what it costs to export it.\n`;
    result.pictures[`keep-${name}`] = loadBars(`${APPS[name].title}: traces held`, result, rows);
  }
  return result;
}

await main(import.meta, { run, defaults });
