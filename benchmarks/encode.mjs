// What do the protobuf bytes of one span cost?
import { micro } from './lib/micro.mjs';
import { main } from './lib/report.mjs';

export const defaults = { seconds: 0.5, warmup: 0, rounds: 3, quick: { seconds: 0.2 } };

export function run(options) {
  const title = 'Time to encode one span with ten attributes as OTLP protobuf';
  return micro({ name: 'encode', title, question: 'encode', foretrace: ['foretrace'] }, options);
}

await main(import.meta, { run, defaults });
