// Command-line options shared by all benchmarks. Every benchmark accepts all of them; README.md says which use which.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// What is committed and shown. A quick run only shows that everything runs: its figures are no results.
const RESULTS = new URL('../results/', import.meta.url).pathname;

const QUICK = { seconds: 1, warmup: 0.5, rounds: 1 };

/**
 * @param {{seconds: number, warmup: number, rounds: number}} defaults of one benchmark
 * @param {string[]} [args]
 */
export function readOptions(defaults, args = process.argv.slice(2)) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false }, // short rounds; checks that everything runs
      seconds: { type: 'string' }, // measured seconds per round
      minutes: { type: 'string' }, // soak: the same in minutes
      warmup: { type: 'string' }, // seconds of load before each round
      rounds: { type: 'string' },
      node: { type: 'string', default: process.execPath }, // the Node.js that runs the apps
      nodes: { type: 'string', default: process.env.BENCH_NODES }, // startup, hook-cost: several, comma-separated
      variants: { type: 'string' }, // none,floor,foretrace,otel,dd
      app: { type: 'string' }, // sample-rates, memory, tail-latency: the app to load
      rates: { type: 'string' }, // sample-rates
      connections: { type: 'string', default: '16' },
      'request-rate': { type: 'string' }, // tail-latency, soak: requests per second; default: half of the no-agent maximum
      collector: { type: 'string', default: 'up' }, // memory: up, down or flapping
      'no-pin-services': { type: 'boolean', default: false },
      out: { type: 'string' }, // folder for results; default: results/, and a temporary one with --quick
    },
  });
  const base = values.quick ? { ...defaults, ...QUICK, ...defaults.quick } : defaults;
  return {
    ...values,
    out: values.out ?? (values.quick ? join(tmpdir(), 'foretrace-bench/') : RESULTS),
    seconds: values.minutes === undefined ? Number(values.seconds ?? base.seconds) : values.minutes * 60,
    warmupSeconds: Number(values.warmup ?? base.warmup),
    rounds: Number(values.rounds ?? base.rounds),
    connections: Number(values.connections),
    requestRate: values['request-rate'] === undefined ? undefined : Number(values['request-rate']),
    variants: values.variants?.split(','),
    rates: values.rates?.split(',').map(Number),
    nodes: values.nodes?.split(',') ?? [values.node],
    pinServices: !values.quick && !values['no-pin-services'],
  };
}
