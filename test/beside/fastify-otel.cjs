// Fastify with its own plugin for OpenTelemetry, which makes a server span and one for each handler.
'use strict';
const { FastifyOtelInstrumentation } = require('@fastify/otel');
const otel = new FastifyOtelInstrumentation();
const app = require('fastify')();

(async () => {
  await app.register(otel.plugin());
  app.get('/items/:id', async () => 'item');
  app.get('/failing/:id', async () => {
    throw new TypeError('nothing there');
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  console.log(JSON.stringify({ port: app.server.address().port }));
})();
