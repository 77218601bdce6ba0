import { resolve } from 'node:path';
import type { TracerProvider } from '@opentelemetry/api';
import { registerSignals } from './api/global.ts';
import { startCarriers } from './carriers/start.ts';
import { type NodeSettings, readEnvironment } from './config/environment.ts';
import { checkInstrumentationNames, chooseInstrumentations, scopesOf } from './config/instrumentations.ts';
import type { Config } from './config/table.ts';
import { run } from './context/active.ts';
import { ROOT, SUPPRESS_KEY } from './context/context.ts';
import { contextManager } from './api/context-manager.ts';
import type { Listed } from './patch/instrumentation.ts';
import { beforeLastExport, installExit } from './export/app/exit.ts';
import { createPipeline } from './export/app/create-pipeline.ts';
import type { OtlpOptions } from './export/options.ts';
import type { Pipeline } from './export/pipeline.ts';
import { isMainThread } from './export/app/threads.ts';
import { hookModules, type ModulePatch } from './load/index.ts';
import { currentLogLevel, log, setLogLevel } from './log.ts';
import type { MaskOptions } from './mask/options.ts';
import { modulePatches } from './patch/apply.ts';
import { withSteps } from './patch/instrumentation.ts';
import { guarded } from './guard.ts';
import { textMapPropagator } from './api/propagator.ts';
import * as propagation from './propagate/current.ts';
import { resource, resourceNames } from './resource/resource.ts';
import * as db from './semconv/db-options.ts';
import * as fold from './semconv/fold.ts';
import * as http from './semconv/http.ts';
import { endOpenEntries, watchCrashes } from './semconv/crash.ts';
import { configure as configureRoots } from './operation/roots.ts';
import { whenFirstId } from './trace/ids.ts';
import { configureSampling, optionalPatches, startOptional } from './optional.ts';
import * as limits from './trace/limits.ts';
import * as sampler from './trace/sampler.ts';
import { setSink } from './trace/span.ts';
import { tracerProvider } from './api/tracer.ts';

/** The composition root: configuration, then export, then the API, then the libraries. Called once by the preload. */
export function start(catalogue: readonly Listed[]): void {
  const { config, warnings, node, failure, reread } = readEnvironment(resourceNames);
  setLogLevel(config.logLevel);
  // Worker threads have the same environment, and would say the same again.
  const isSpeaker = isMainThread();
  if (isSpeaker) for (const warning of warnings) log.warn(warning);
  if (failure !== undefined) {
    // What the file asks for, to send less or elsewhere, is not known: the environment in its place might do harm.
    if (isSpeaker) log.error(`${failure}, the app runs without tracing`);
    return;
  }
  if (config.disabled) return;
  configure(config, catalogue);
  let setExportLevel: Pipeline['setLogLevel'] = () => {};
  startOptional(config, {
    reread,
    reconfigure: (changed) => reconfigure(changed, (level) => setExportLevel(level)),
  });
  let notice: () => string | undefined = () => undefined;
  const { pipeline, watched } = startExport(config, node, () => notice());
  if (pipeline !== undefined) setExportLevel = pipeline.setLogLevel;
  registerSignals({
    trace: flushable(pipeline, config.batch.exportTimeoutMs),
    context: contextManager,
    propagation: textMapPropagator,
  });
  const patches = [...instrument(catalogue, config), ...optionalPatches(config, pipeline?.whenFirst)];
  const carriers = startCarriers(config.carriers);
  notice = hookModules([...watched, ...carriers, ...patches], { esm: config.esmHooks });
}

/** Hands each part what the environment says of it; `catalogue` has the libraries that it may name. */
function configure(config: Config, catalogue: readonly Listed[]): void {
  const roots = config.rootClientSpans;
  limits.configure(config.limits);
  sampler.configure(config.sampler);
  propagation.configure(config.propagation);
  http.configure(config.http);
  db.configure(config.database);
  configureRoots(typeof roots === 'boolean' ? roots : scopesOf(roots, catalogue));
  fold.configure(config.foldSpans);
}

/** Hands the parts that may change while the app runs what is said of them then: all that rows with `runtime` are placed in. */
function reconfigure(config: Config, setExportLevel: Pipeline['setLogLevel']): void {
  setLogLevel(config.logLevel);
  setExportLevel(config.logLevel);
  sampler.configure(config.sampler);
  configureSampling(config);
}

/** Starts the export side; returns what it wants to know of the modules that the app loads. */
function startExport(
  config: Config,
  node: NodeSettings,
  notice: () => string | undefined,
): { pipeline?: Pipeline; watched: ModulePatch[] } {
  const { exporters, otlp, file, batch, exitTimeoutMs, thread, console } = config;
  if (exporters.length === 0) return { watched: [] };
  const options = {
    signals: { traces: { exporters, otlp: ofThisProcess(otlp.traces, node), batch } },
    file: { path: resolve(file.path) },
    console,
    exitTimeoutMs,
    thread,
    logLevel: currentLogLevel(),
    mask: maskOf(config),
    resource: () => resource(config.resource),
  };
  // The export side keeps the context in which it was made. Where it runs on this thread, its requests would be traced otherwise,
  // and each export would make a span to export.
  const pipeline = run(ROOT.setValue(SUPPRESS_KEY, true), createPipeline, options);
  if (pipeline.write.traces !== undefined) setSink(pipeline.write.traces);
  beforeLastExport(endOpenEntries);
  installExit(pipeline, exitTimeoutMs, whenFirstId);
  if (isMainThread()) {
    const say = guarded('bundle', () => {
      const line = notice();
      if (line !== undefined) log.warn(line);
    });
    // By then the app has loaded what it loads.
    pipeline.whenFirst(() => setImmediate(say).unref());
  }
  watchCrashes();
  return {
    pipeline,
    watched: [{ module: 'worker_threads', files: [''], rare: true, patch: () => pipeline.prepareWorkers() }],
  };
}

/** What is masked before it is sent; undefined = nothing. */
function maskOf({ mask, limits: { attributeValueLength } }: Config): MaskOptions | undefined {
  if (mask.kinds.length + mask.expressions.length === 0) return undefined;
  return { ...mask, lengthLimit: attributeValueLength };
}

/** The provider with what scripts and functions-as-a-service call on OpenTelemetry's own, by way of the API's `getDelegate()`. */
function flushable(
  pipeline: Pipeline | undefined,
  timeoutMs: number,
): TracerProvider & { forceFlush(): Promise<void>; shutdown(): Promise<void> } {
  return {
    ...tracerProvider,
    async forceFlush() {
      await pipeline?.flush(timeoutMs);
    },
    async shutdown() {
      await pipeline?.shutdown(timeoutMs);
    },
  };
}

/** With what may change later, or is not to be seen on the export's thread: the working directory, the environment. */
function ofThisProcess(otlp: Config['otlp']['traces'], node: NodeSettings): OtlpOptions {
  const path = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(file);
  return {
    ...otlp,
    certificateFile: path(otlp.certificateFile),
    clientKeyFile: path(otlp.clientKeyFile),
    clientCertificateFile: path(otlp.clientCertificateFile),
    ...node,
  };
}

/** What the enabled instrumentations look for. */
function instrument(
  catalogue: readonly Listed[],
  { instrumentations, rootClientSpans, middlewareSpans }: Config,
): ModulePatch[] {
  for (const warning of checkInstrumentationNames(instrumentations, catalogue, rootClientSpans))
    log.warn(warning);
  const chosen = chooseInstrumentations(instrumentations, catalogue);
  return (middlewareSpans === undefined ? chosen : chosen.map(withSteps)).flatMap(modulePatches);
}
