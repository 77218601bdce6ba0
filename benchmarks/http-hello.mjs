// What does an agent cost a server that does nothing else?
import { overhead } from './lib/load-benchmark.mjs';
import { main } from './lib/report.mjs';

export const defaults = { seconds: 4, warmup: 2, rounds: 2, quick: { warmup: 0 } };
export const run = (options) => overhead('http-hello', options);

await main(import.meta, { run, defaults });
