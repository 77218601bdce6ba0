// An app with the copies of @opentelemetry/api in API_VERSIONS. What its registrations answered is printed as one line of JSON.
'use strict';
const answers = {};
for (const version of process.env.API_VERSIONS.split(',')) {
  const { context, diag, logs, metrics, propagation, trace } = require(
    process.env.API_BUNDLE ?? `api-${version}`,
  );
  const errors = [];
  const ignore = () => {};
  const logger = {
    error: (text) => errors.push(text.split('\n')[0]),
    warn: ignore,
    info: ignore,
    debug: ignore,
  };
  const noop = { getTracer: ignore, getMeter: () => version, getLogger: () => version };
  answers[version] = {
    diag: diag.setLogger({ ...logger, verbose: ignore }),
    metrics: metrics?.setGlobalMeterProvider(noop),
    meter: metrics?.getMeter('app'),
    logs: logs?.setGlobalLoggerProvider(noop),
    logger: logs?.getLogger('app'),
    ...(process.env.REGISTER_TRACES === undefined
      ? {}
      : {
          trace: trace.setGlobalTracerProvider(noop),
          context: context.setGlobalContextManager(noop),
          propagation: propagation.setGlobalPropagator(noop),
        }),
    errors,
  };
  trace.getTracer('app').startActiveSpan(`outer ${version}`, (outer) => {
    trace.getTracer('app').startSpan(`inner ${version}`).end();
    outer.end();
  });
}
console.log(JSON.stringify(answers));
