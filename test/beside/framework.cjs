// What frameworks do with the API, in small: the request's path says which.
'use strict';
const http = require('node:http');
const { context, propagation, ROOT_CONTEXT, SpanKind, trace } = require('@opentelemetry/api');

const tracer = trace.getTracer('framework');
const call = (path) =>
  new Promise((resolve) =>
    http.get({ port: server.address().port, host: '127.0.0.1', path }, (res) =>
      res.resume().on('end', resolve),
    ),
  );
const cases = {
  /** A span of the request, whose route is known when the answer has gone out. */
  async '/late'(req, res) {
    const span = tracer.startSpan('GET /late?token=secret', {
      kind: SpanKind.SERVER,
      attributes: { 'http.method': 'GET', 'http.target': req.url, 'framework.version': 3 },
    });
    await context.with(trace.setSpan(context.active(), span), async () => {
      tracer.startSpan('render').end();
      span.addEvent('rendered');
      await new Promise((resolve) => res.on('finish', resolve).end());
    });
    span.setAttributes({ 'http.route': '/late/:id', 'http.status_code': 200 });
    span.updateName('GET /late/:id');
    span.end();
  },
  /** The process ends in the turn in which the answer has gone out. */
  async '/exit'(_, res) {
    tracer.startSpan('GET /exit', { kind: SpanKind.SERVER, attributes: { 'http.route': '/exit' } });
    res.on('finish', () => process.exit(0)).end();
  },
  /** The route on the server span itself. */
  '/ours'(_, res) {
    trace.getActiveSpan().setAttribute('http.route', '/ours/:id');
    res.end();
  },
  /** Headers that are extracted again, from the root context. */
  '/again'(req, res) {
    const again = propagation.extract(ROOT_CONTEXT, req.headers);
    tracer
      .startSpan('handler', { kind: SpanKind.SERVER }, again)
      .setAttribute('http.route', '/again/:id')
      .end();
    context.with(again, () => tracer.startSpan('inside').end());
    tracer
      .startSpan('by hand', {}, trace.setSpanContext(ROOT_CONTEXT, { ...trace.getSpanContext(again) }))
      .end();
    res.end();
  },
  /** A client span around a traced call of the same thing, with more in it. */
  async '/around'(_, res) {
    const url = `http://127.0.0.1:${server.address().port}/in?id=7`;
    await tracer.startActiveSpan(
      `fetch GET ${url}`,
      {
        kind: SpanKind.CLIENT,
        attributes: { 'http.url': url, 'http.method': 'GET', 'framework.cache': 'miss' },
      },
      async (span) => {
        await call('/in?id=7');
        await call('/in?id=8');
        span.end();
      },
    );
    res.end();
  },
  /** A client span around a call of another thing. */
  async '/model'(_, res) {
    await tracer.startActiveSpan(
      'chat',
      { kind: SpanKind.CLIENT, attributes: { 'gen_ai.system': 'x' } },
      async (span) => {
        await call('/in');
        span.end();
      },
    );
    res.end();
  },
};
const server = http.createServer((req, res) =>
  (cases[req.url.split('?')[0]] ?? ((_, to) => to.end()))(req, res),
);
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
