// fastify-fetch.mjs with two spans and the outgoing traceparent written in by hand.
import { createServer } from 'node:http';
import Fastify from 'fastify';
import floor from './floor-tracer.cjs';

const upstream = process.env.UPSTREAM_URL;
const { hostname, port } = new URL(upstream);
const ROUTE = floor.serverConstants('/stock/:id');
const FETCH = Buffer.concat([
  floor.attribute('http.request.method', 'GET'),
  floor.attribute('server.address', hostname),
  floor.attribute('server.port', Number(port)),
  floor.attribute('url.full', `${upstream}/stock?id=42`), // the load asks for one id
  floor.attribute('http.response.status_code', 200),
]);

const app = Fastify({
  serverFactory: (handle) =>
    createServer((request, response) => {
      const span = floor.startServerSpan(request, 'GET /stock/:id');
      response.on('finish', () => floor.endServerSpan(span, request, response, ROUTE));
      floor.store.run(span, handle, request, response);
    }),
});

app.get('/stock/:id', async (request) => {
  const span = floor.startClientSpan('GET');
  const response = await fetch(`${upstream}/stock?id=${request.params.id}`, {
    headers: { traceparent: floor.traceparent(span) },
  });
  floor.endClientSpan(span, FETCH);
  return { id: request.params.id, ...(await response.json()) };
});

await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`listening ${app.server.address().port}`);
