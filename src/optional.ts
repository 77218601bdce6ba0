import type { Config } from './config/table.ts';
import type { Pipeline } from './export/pipeline.ts';
import type { Change } from './runtime/change.ts';
import { startFurtherFormats } from './propagate/further.ts';
import { startSampling } from './sampling/start.ts';
import { startKeep } from './keep/keep.ts';
import { nameLogIds, startLogs } from './logs/start.ts';
import { startMetrics } from './metrics/start.ts';
import { startNaming } from './naming/start.ts';
import { startParameterCapture } from './query-parameters/capture.ts';
import { startRuntime } from './runtime/start.ts';
import { startSqlCommenter } from './sql-commenter/start.ts';
import { startTrouble } from './trouble/start.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional(config: Config, change: Change): void {
  const { database, keep, naming, propagation, runtime, tracing, trouble } = config;
  if (propagation.names.some((name) => FURTHER_FORMATS.has(name))) startFurtherFormats(propagation);
  configureSampling(config);
  const { excludedUrls, urlRules, requestAttributes, peerServices } = naming;
  const lists = [excludedUrls, urlRules, requestAttributes, peerServices];
  if (naming.urlTemplates || lists.some(({ length }) => length > 0)) startNaming(naming);
  // What nobody exports is not held either.
  if (keep !== undefined && config.exporters.length > 0) startKeep(keep);
  if (database.capturesParameters) startParameterCapture();
  if (database.sqlCommenter !== 'off') startSqlCommenter(database.sqlCommenter, config.resource);
  if (trouble.slowQueryMs !== undefined || trouble.repeats !== undefined) startTrouble(trouble);
  if (!tracing || runtime.file !== undefined || runtime.signal !== undefined) startRuntime(config, change);
}

const FURTHER_FORMATS: ReadonlySet<string> = new Set(['jaeger', 'xray', 'ottrace']);

let hasSampling = false;

/** Sets what the samplers have not, or takes it away again: it may change while the app runs. */
export function configureSampling({ sampling, resource }: Config): void {
  const { rules, tracesPerSecond, continuation } = sampling;
  hasSampling ||= rules.length > 0 || tracesPerSecond !== Infinity || continuation !== 'continue';
  if (hasSampling) startSampling(sampling, resource);
}

/** Starts what makes log records, where somebody takes them; the names of ids in the app's own records are told in any case. */
export function startLogging({ logs }: Config, pipeline: Pipeline | undefined): void {
  const { traceId, spanId, traceFlags } = logs.names;
  if (traceId !== 'trace_id' || spanId !== 'span_id' || traceFlags !== 'trace_flags') nameLogIds(logs.names);
  const write = pipeline?.write.logs;
  if (write !== undefined) startLogs(logs, write, pipeline!.flush);
}

/** Starts what counts, where somebody takes it: what `metrics` has is sent from the tables that `addTable` is given. */
export function startCounting(
  { metrics }: Config,
  pipeline: { addTable(shared: SharedArrayBuffer): void } | undefined,
): void {
  if (metrics.exporters.length > 0 && pipeline !== undefined) startMetrics(metrics, pipeline.addTable);
}
