// An ESM service that asks another service over HTTP for each request.
import Fastify from 'fastify';

const upstream = process.env.UPSTREAM_URL;
const app = Fastify();

app.get('/stock/:id', async (request) => {
  const response = await fetch(`${upstream}/stock?id=${request.params.id}`);
  return { id: request.params.id, ...(await response.json()) };
});

await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`listening ${app.server.address().port}`);
