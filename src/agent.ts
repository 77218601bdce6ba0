import { resolve } from 'node:path';
import { context, propagation, trace } from '@opentelemetry/api';
import { readEnvironment } from './config/environment.ts';
import { checkInstrumentationNames, instrumentationEnabled } from './config/instrumentations.ts';
import type { Config } from './config/read.ts';
import { run } from './context/active.ts';
import { ROOT, SUPPRESS_KEY } from './context/context.ts';
import { contextManager } from './context/manager.ts';
import type { Instrumentation } from './define.ts';
import { setMaxTextLength } from './encode/writer.ts';
import { installExit } from './export/exit.ts';
import { createPipeline } from './export/pipeline.ts';
import { hookModules, type ModulePatch } from './load/index.ts';
import { log, setLogLevel } from './log.ts';
import { modulePatches } from './patch/apply.ts';
import { textMapPropagator } from './propagate/api.ts';
import { setPropagators } from './propagate/current.ts';
import { resource } from './resource/resource.ts';
import { dbOptions } from './semconv/db.ts';
import { httpOptions, requestHeaderKeys, responseHeaderKeys } from './semconv/http.ts';
import { watchCrashes } from './semconv/crash.ts';
import { limits } from './trace/limits.ts';
import { setSampler } from './trace/sampler.ts';
import { setSink } from './trace/span.ts';
import { tracerProvider } from './trace/tracer.ts';

/** The composition root: configuration, then export, then the API, then the libraries. Called once by the preload. */
export function start(catalogue: readonly Instrumentation[]): void {
  const { config, warnings } = readEnvironment();
  setLogLevel(config.logLevel);
  for (const warning of warnings) log.warn(warning);
  configure(config);
  const watched = startExport(config);
  context.setGlobalContextManager(contextManager);
  trace.setGlobalTracerProvider(tracerProvider);
  propagation.setGlobalPropagator(textMapPropagator);
  hookModules([...watched, ...instrument(catalogue, config)], { esm: config.esmHooks });
}

function configure({ limits: wanted, sampler, propagators, maxBaggage, http, database }: Config): void {
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
}

/** Starts the export side; returns what it wants to know of the modules that the app loads. */
function startExport(config: Config): ModulePatch[] {
  const { exporters, otlp, file, batch, exitTimeoutMs, thread, logLevel, console } = config;
  if (exporters.length === 0) return [];
  const options = {
    exporters,
    otlp,
    file: { path: resolve(file.path) },
    console,
    batch,
    exitTimeoutMs,
    thread,
    logLevel,
    resource: () => resource(config),
  };
  // The export side keeps the context in which it was made. Where it runs on this thread, its requests would be traced otherwise,
  // and each export would make a span to export.
  const pipeline = run(ROOT.setValue(SUPPRESS_KEY, true), createPipeline, options);
  setSink((scope, bytes, length) => {
    if (scope.number === -1) scope.number = pipeline.scope(scope.name, scope.version, scope.schemaUrl);
    pipeline.write(scope.number, bytes, length);
  });
  installExit(pipeline, exitTimeoutMs);
  watchCrashes();
  return [{ module: 'worker_threads', files: [''], rare: true, patch: () => pipeline.prepareWorkers() }];
}

/** What the enabled instrumentations look for. */
function instrument(catalogue: readonly Instrumentation[], { instrumentations }: Config): ModulePatch[] {
  const names = catalogue.map(({ name }) => name);
  for (const warning of checkInstrumentationNames(instrumentations, names)) log.warn(warning);
  return catalogue
    .filter(({ name }) => instrumentationEnabled(instrumentations, name))
    .flatMap(modulePatches);
}
