// What does an agent cost a server that does nothing else?
import { overhead } from './lib/load-benchmark.mjs';
import { main } from './lib/report.mjs';

export const defaults = { seconds: 2, warmup: 1, rounds: 3, quick: { warmup: 0 } };
export const run = (options) => overhead('http-hello', options);

await main(import.meta, { run, defaults });
