// An app with OpenTelemetry's own SDK: tracer provider, instrumentation of http, and metrics. Metrics are printed as JSON.
'use strict';
const { metrics } = require('@opentelemetry/api');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

new NodeTracerProvider().register();
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });

const http = require('node:http');
const hits = metrics.getMeter('app').createCounter('hits');
const server = http.createServer(async (req, res) => {
  hits.add(1);
  if (req.url === '/out') {
    const { port } = server.address();
    await new Promise((resolve) =>
      http.get({ port, host: '127.0.0.1', path: '/in' }, (answer) => answer.resume().on('end', resolve)),
    );
  }
  if (req.url !== '/metrics') return res.end(JSON.stringify(req.rawHeaders));
  await reader.forceFlush();
  const [data] = exporter
    .getMetrics()
    .at(-1)
    .scopeMetrics.filter(({ scope }) => scope.name === 'app');
  res.end(JSON.stringify(data.metrics[0].dataPoints[0].value));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
