import { appendFileSync } from 'node:fs';
import type { Exporter } from './exporter.ts';
import { createHealth } from './health.ts';

/** Appends each batch to a file as one line of OTLP JSON, the format of the Collector's file exporter and receiver. */
export function fileExporter(path: string): Exporter {
  const health = createHealth(`write to '${path}'`);
  return {
    async export(batch) {
      try {
        appendFileSync(path, `${batch.json()}\n`);
        health.succeeded();
        return 0;
      } catch (error) {
        health.failed((error as NodeJS.ErrnoException).code ?? (error as Error).message, batch.spans);
        return batch.spans;
      }
    },
  };
}
