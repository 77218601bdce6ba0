import type { Config } from './config/table.ts';
import type { ModulePatch } from './load/index.ts';
import type { Change } from './runtime/change.ts';
import { startFurtherFormats } from './propagate/further.ts';
import { startSampling } from './sampling/start.ts';
import { startKeep } from './keep/keep.ts';
import { methodPatches } from './methods/start.ts';
import { startNaming } from './naming/start.ts';
import { startParameterCapture } from './query-parameters/capture.ts';
import { startRuntime } from './runtime/start.ts';
import { configureMiddleware } from './semconv/middleware.ts';
import { startSqlCommenter } from './sql-commenter/start.ts';
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

/** What only some apps ask for of the modules that they load. */
export function optionalPatches(
  { methods }: Config,
  whenFirst: ((callback: () => void) => void) | undefined,
): ModulePatch[] {
  return methods === undefined ? [] : methodPatches(methods, whenFirst);
}
