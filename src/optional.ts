import type { Config } from './config/table.ts';
import type { ModulePatch } from './load/index.ts';
import type { FlushableMeterProvider } from './api/meter.ts';
import type { OwnMetricsHost } from './metrics/own/provider.ts';
import type { Metrics } from './metrics/series.ts';
import type { Pipeline } from './export/pipeline.ts';
import type { Change } from './runtime/change.ts';
import { startFurtherFormats } from './propagate/further.ts';
import { startSampling } from './sampling/start.ts';
import { startKeep } from './keep/keep.ts';
import { nameLogIds, startLogs } from './logs/start.ts';
import { methodPatches } from './methods/start.ts';
import { createOwnMetrics } from './metrics/own/provider.ts';
import { startMetrics } from './metrics/start.ts';
import { startRuntimeMetrics } from './metrics/runtime/start.ts';
import { startNaming } from './naming/start.ts';
import { startParameterCapture } from './query-parameters/capture.ts';
import { startRuntime } from './runtime/start.ts';
import { configureMiddleware } from './semconv/middleware.ts';
import { startSqlCommenter } from './sql-commenter/start.ts';
import { startThreadTime } from './thread-time/start.ts';
import { startTrouble } from './trouble/start.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional(config: Config, change: Change): void {
  const { database, keep, middlewareSpans, naming, propagation, runtime, tracing, trouble } = config;
  if (propagation.names.some((name) => FURTHER_FORMATS.has(name))) startFurtherFormats(propagation);
  configureSampling(config);
  const { excludedUrls, urlRules, requestAttributes, peerServices } = naming;
  const lists = [excludedUrls, urlRules, requestAttributes, peerServices];
  if (naming.urlTemplates || lists.some(({ length }) => length > 0)) startNaming(naming);
  // What nobody exports is not held either.
  if (keep !== undefined && config.exporters.length > 0) startKeep(keep);
  if (middlewareSpans !== undefined) configureMiddleware(middlewareSpans);
  if (database.capturesParameters) startParameterCapture();
  if (database.sqlCommenter !== 'off') startSqlCommenter(database.sqlCommenter, config.resource);
  if (trouble.slowQueryMs !== undefined || trouble.repeats !== undefined) startTrouble(trouble);
  if (config.threadTime && isCounted(config)) startThreadTime();
  if (!tracing || runtime.file !== undefined || runtime.signal !== undefined) startRuntime(config, change);
}

/** Whether anything is made of requests that are served. */
function isCounted({ exporters, metrics }: Config): boolean {
  return exporters.length > 0 || metrics.exporters.length > 0;
}

const FURTHER_FORMATS: ReadonlySet<string> = new Set(['jaeger', 'xray', 'ottrace']);

let hasSampling = false;

/** Sets what the samplers have not, or takes it away again: it may change while the app runs. */
export function configureSampling({ sampling, resource }: Config): void {
  const { rules, tracesPerSecond, continuation } = sampling;
  hasSampling ||= rules.length > 0 || tracesPerSecond !== Infinity || continuation !== 'continue';
  if (hasSampling) startSampling(sampling, resource);
}

/** What only some apps ask for of the modules that they load. */
export function optionalPatches(
  { methods }: Config,
  whenFirst: ((callback: () => void) => void) | undefined,
): ModulePatch[] {
  return methods === undefined ? [] : methodPatches(methods, whenFirst);
}

/** Starts what makes log records, where somebody takes them; the names of ids in the app's own records are told in any case. */
export function startLogging({ logs }: Config, pipeline: Pipeline | undefined): void {
  const { traceId, spanId, traceFlags } = logs.names;
  if (traceId !== 'trace_id' || spanId !== 'span_id' || traceFlags !== 'trace_flags') nameLogIds(logs.names);
  const write = pipeline?.write.logs;
  if (write !== undefined) startLogs(logs, write, pipeline!.flush);
}

/**
 * Starts what counts, where somebody takes it: what `metrics` has is sent from the tables that `addTable` is given.
 * @param atLast calls back before the last export of the process
 */
export function startCounting(
  { metrics, threadTime }: Config,
  pipeline: { addTable(shared: SharedArrayBuffer): void } | undefined,
  atLast: (callback: () => void) => void,
): Metrics | undefined {
  if (metrics.exporters.length === 0 || pipeline === undefined) return undefined;
  return startMetrics(metrics, threadTime, pipeline.addTable, atLast);
}

/** Measures the event loop and the heap too. @param beforeEnd calls back when the process ends */
export function startCountingRuntime(
  counted: Metrics,
  { metrics }: Config,
  beforeEnd: (callback: () => void) => void,
): void {
  startRuntimeMetrics(counted, metrics.intervalMs, beforeEnd);
}

/** What counts for the app: to be called when it first asks for a meter. */
export function startOwnMetrics({ metrics }: Config, host: OwnMetricsHost): FlushableMeterProvider {
  return createOwnMetrics(metrics, host);
}
