// Required before the agent: another copy of the API registers first.
'use strict';
const { metrics, trace } = require(`api-${process.env.API_EARLY}`);
const noop = { startSpan: () => ({ end() {} }), startActiveSpan: (_, fn) => fn({ end() {} }) };
metrics.setGlobalMeterProvider({ getMeter: () => 'early' });
if (process.env.API_EARLY_TRACES !== undefined) trace.setGlobalTracerProvider({ getTracer: () => noop });
