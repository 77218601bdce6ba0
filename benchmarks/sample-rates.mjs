// What does an agent cost at 100 %, 10 %, 1 % and 0 %?
import { perApp } from './lib/load-benchmark.mjs';
import { main } from './lib/report.mjs';

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

export function run(options) {
  const benchmark = { name: 'sample-rates', title: 'CPU per request by sampling rate' };
  return perApp(benchmark, options, wanted(options));
}

await main(import.meta, { run, defaults });
