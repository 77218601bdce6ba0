// What does an agent cost at 100 %, 10 %, 1 % and 0 %?
import { APPS, loadBars, loadTable, measureLoad, method } from './lib/load-benchmark.mjs';
import { caption, main } from './lib/report.mjs';

export const defaults = { seconds: 3, warmup: 2, rounds: 2, quick: { warmup: 0 } };
const RATES = [1, 0.1, 0.01, 0];
// Peers at one rate only, so that a full run ends in ten minutes; `--rates` overrides for all.
const PEER_RATES = [0.1];
const QUICK_RATES = [1, 0];

function wanted({ variants = ['none', 'floor', 'foretrace', 'otel', 'dd'], rates, quick }) {
  return variants.flatMap((name) => {
    if (name === 'none' || name === 'floor') return [[name, 1]];
    const chosen = rates ?? (quick ? QUICK_RATES : name === 'foretrace' ? RATES : PEER_RATES);
    return chosen.map((rate) => [name, rate]);
  });
}

export async function run(options) {
  const failures = [];
  const result = {
    name: 'sample-rates',
    title: 'CPU per request by sampling rate',
    ...method(options),
    apps: [],
    failures,
  };
  result.text = `\n## ${result.title}\n\n${caption(result)}\n`;
  result.pictures = {};
  const names =
    options.app?.split(',') ?? (options.quick ? ['http-hello'] : ['http-hello', 'express-pg-redis']);
  for (const name of names) {
    const rows = await measureLoad(APPS[name], wanted(options), options, failures);
    if (rows === undefined) continue;
    result.apps.push({ app: name, rows });
    result.text += `\n### ${APPS[name].title}\n\n${loadTable(rows)}\n`;
    const title = `${APPS[name].title}: CPU per request by sampling rate`;
    result.pictures[`sample-rates-${name}`] = loadBars(title, result, rows);
  }
  return result;
}

await main(import.meta, { run, defaults });
