// Hono with @hono/otel, which makes a server span through the API.
import { httpInstrumentationMiddleware } from '@hono/otel';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.use('*', httpInstrumentationMiddleware());
app.get('/items/:id', (c) => c.text('item'));
app.get('/failing/:id', () => {
  throw new TypeError('nothing there');
});
app.onError((_, c) => c.text('failed', 500));
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
  console.log(JSON.stringify({ port })),
);
