// What does one span cost from start to end, without any library around it? foretrace's ends as bytes, OpenTelemetry's as an
// object that `encode` has yet to serialize.
import { micro } from './lib/micro.mjs';
import { main } from './lib/report.mjs';

export const defaults = { seconds: 0.5, warmup: 0, rounds: 3, quick: { seconds: 0.2 } };

export function run(options) {
  const title = 'Time for one span with ten attributes, start to end';
  return micro(
    { name: 'span-lifecycle', title, question: 'lifecycle', foretrace: ['foretrace', 'foretrace-api'] },
    options,
  );
}

await main(import.meta, { run, defaults });
