// What does an agent cost a usual service: Express, one PostgreSQL query, one Redis command?
import { overhead } from './lib/load-benchmark.mjs';
import { main } from './lib/report.mjs';

export const defaults = { seconds: 4, warmup: 2, rounds: 2, quick: { warmup: 0 } };
export const run = (options) => overhead('express-pg-redis', options);

await main(import.meta, { run, defaults });
