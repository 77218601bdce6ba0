import { join } from 'node:path';
import type { ExportOptions } from '../options.ts';
import type { Pipeline } from '../pipeline.ts';
import { PIPELINE_CHANNEL } from './environment-data.ts';
import { createProcessPipeline } from './process-pipeline.ts';
import { isMainThread, workerThreads } from './threads.ts';
import { createWorkerPipeline } from './worker-pipeline.ts';

declare const __dirname: string;

/**
 * Makes the pipeline of this thread. In the main thread, and in a worker of a process whose main thread has none, it has
 * an export side of its own; in any other worker thread it hands its spans to the pipeline of the process.
 * @param threadFile the built `export-thread.cjs`
 */
export function createPipeline(
  options: ExportOptions,
  threadFile = join(__dirname, 'export-thread.cjs'),
): Pipeline {
  const channel = isMainThread() ? undefined : workerThreads().getEnvironmentData(PIPELINE_CHANNEL);
  return typeof channel === 'string'
    ? createWorkerPipeline(options, channel)
    : createProcessPipeline(options, threadFile);
}
