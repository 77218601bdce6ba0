import { resolve } from 'node:path';
import type { TracerProvider } from '@opentelemetry/api';
import { registerSignals } from './api/global.ts';
import { type NodeSettings, readEnvironment } from './config/environment.ts';
import { checkInstrumentationNames, chooseInstrumentations, scopesOf } from './config/instrumentations.ts';
import type { Config } from './config/read.ts';
import { run } from './context/active.ts';
import { ROOT, SUPPRESS_KEY } from './context/context.ts';
import { contextManager } from './context/manager.ts';
import type { Instrumentation } from './define.ts';
import { setMaxTextLength } from './encode/writer.ts';
import { beforeLastExport, installExit } from './export/app/exit.ts';
import { createPipeline } from './export/app/create-pipeline.ts';
import type { OtlpOptions } from './export/options.ts';
import type { Pipeline } from './export/pipeline.ts';
import { isMainThread } from './export/app/threads.ts';
import { hookModules, type ModulePatch } from './load/index.ts';
import { log, setLogLevel } from './log.ts';
import { modulePatches } from './patch/apply.ts';
import { guarded } from './patch/guard.ts';
import { textMapPropagator } from './propagate/api.ts';
import { setPropagators } from './propagate/current.ts';
import { resource } from './resource/resource.ts';
import { clientOptions } from './semconv/client.ts';
import { dbOptions } from './semconv/db.ts';
import { foldAround, foldStarted, noteRecorded } from './semconv/fold.ts';
import { httpOptions, requestHeaderKeys, responseHeaderKeys } from './semconv/http.ts';
import { endOpenRequests, watchCrashes } from './semconv/crash.ts';
import { whenFirstId } from './trace/ids.ts';
import { limits } from './trace/limits.ts';
import { setSampler } from './trace/sampler.ts';
import { setExceptionSeen, setSink } from './trace/span.ts';
import { setFoldAround } from './trace/start.ts';
import { setFoldStarted, tracerProvider } from './trace/tracer.ts';

/** The composition root: configuration, then export, then the API, then the libraries. Called once by the preload. */
export function start(catalogue: readonly Instrumentation[]): void {
  const { config, warnings, node } = readEnvironment();
  setLogLevel(config.logLevel);
  for (const warning of warnings) log.warn(warning);
  configure(config);
  let notice: () => string | undefined = () => undefined;
  const { pipeline, watched } = startExport(config, node, () => notice());
  registerSignals({
    trace: flushable(pipeline, config.batch.exportTimeoutMs),
    context: contextManager,
    propagation: textMapPropagator,
  });
  notice = hookModules([...watched, ...instrument(catalogue, config)], { esm: config.esmHooks });
}

function configure({
  limits: wanted,
  sampler,
  propagators,
  maxBaggage,
  http,
  database,
  foldSpans,
}: Config): void {
  const { attributeValueLength, ...counts } = wanted;
  Object.assign(limits, counts);
  setMaxTextLength(attributeValueLength);
  setSampler(sampler.name, sampler.ratio);
  setPropagators(propagators, maxBaggage);
  httpOptions.knownMethods = new Set(http.knownMethods);
  httpOptions.sensitiveQueryParameters = new Set(http.sensitiveQueryParameters);
  httpOptions.server.request = requestHeaderKeys(http.serverRequestHeaders);
  httpOptions.server.response = responseHeaderKeys(http.serverResponseHeaders);
  httpOptions.client.request = requestHeaderKeys(http.clientRequestHeaders);
  httpOptions.client.response = responseHeaderKeys(http.clientResponseHeaders);
  dbOptions.sanitize = database.sanitizeQueries;
  dbOptions.keepsParameterized = database.keepsParameterized;
  if (foldSpans) {
    setFoldStarted(foldStarted);
    setFoldAround(foldAround);
    setExceptionSeen(noteRecorded);
  }
}

/** Starts the export side; returns what it wants to know of the modules that the app loads. */
function startExport(
  config: Config,
  node: NodeSettings,
  notice: () => string | undefined,
): { pipeline?: Pipeline; watched: ModulePatch[] } {
  const { exporters, otlp, file, batch, exitTimeoutMs, thread, logLevel, console } = config;
  if (exporters.length === 0) return { watched: [] };
  const options = {
    signals: { traces: { exporters, otlp: ofThisProcess(otlp, node), batch } },
    file: { path: resolve(file.path) },
    console,
    exitTimeoutMs,
    thread,
    logLevel,
    resource: () => resource(config),
  };
  // The export side keeps the context in which it was made. Where it runs on this thread, its requests would be traced otherwise,
  // and each export would make a span to export.
  const pipeline = run(ROOT.setValue(SUPPRESS_KEY, true), createPipeline, options);
  if (pipeline.write.traces !== undefined) setSink(pipeline.write.traces);
  beforeLastExport(endOpenRequests);
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
function ofThisProcess(otlp: Config['otlp'], node: NodeSettings): OtlpOptions {
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
  catalogue: readonly Instrumentation[],
  { instrumentations, rootClientSpans }: Config,
): ModulePatch[] {
  for (const warning of checkInstrumentationNames(instrumentations, catalogue, rootClientSpans))
    log.warn(warning);
  clientOptions.roots =
    typeof rootClientSpans === 'boolean' ? rootClientSpans : scopesOf(rootClientSpans, catalogue);
  return chooseInstrumentations(instrumentations, catalogue).flatMap(modulePatches);
}
