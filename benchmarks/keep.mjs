// What does it cost to hold each trace until it is known whether it is kept? At 1 %, with FORETRACE_KEEP, beside 1 % and 100 % without.
import { perApp } from './lib/load-benchmark.mjs';
import { main } from './lib/report.mjs';
import { number } from './lib/table.mjs';

export const defaults = { seconds: 4, warmup: 2, rounds: 3, quick: { warmup: 0 } };
const WANTED = [
  ['none', 1],
  ['foretrace', 1],
  ['keep', 0.01],
  ['foretrace', 0.01],
];

export function run(options) {
  const benchmark = {
    name: 'keep',
    title: 'CPU per request with traces held until their end',
    pictured: 'traces held',
  };
  return perApp(benchmark, options, WANTED, (rows) => {
    const [, all, keep] = rows.map(({ added }) => added?.median);
    const text = `\nHeld, each trace costs ${number((keep / all) * 100)} % of what it costs to export it.\n`;
    return { text, figures: { shareOfAll: keep / all } };
  });
}

await main(import.meta, { run, defaults });
