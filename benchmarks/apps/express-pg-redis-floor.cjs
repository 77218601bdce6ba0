'use strict';
// The shop of express-pg-redis.cjs with three spans written in by hand.
const http = require('node:http');
const express = require('express');
const { Redis } = require('ioredis');
const { Pool } = require('pg');
const floor = require('./floor-tracer.cjs');

const pool = new Pool();
const redis = new Redis(process.env.REDIS_URL);
const app = express();

const SQL = 'SELECT id, name, price FROM foretrace_bench_products WHERE id = $1';
const QUERY = Buffer.concat([
  floor.attribute('db.system.name', 'postgresql'),
  floor.attribute('db.namespace', process.env.PGDATABASE ?? 'postgres'),
  floor.attribute('db.query.summary', 'SELECT foretrace_bench_products'),
  floor.attribute('db.query.text', SQL),
  floor.attribute('server.address', process.env.PGHOST ?? '127.0.0.1'),
  floor.attribute('server.port', Number(process.env.PGPORT ?? 5432)),
]);
const COMMAND = Buffer.concat([
  floor.attribute('db.system.name', 'redis'),
  floor.attribute('db.operation.name', 'GET'),
  floor.attribute('db.query.text', 'GET ?'),
  floor.attribute('server.address', redis.options.host),
  floor.attribute('server.port', redis.options.port),
]);
const ROUTE = floor.serverConstants('/products/:id');

async function product(id) {
  const span = floor.startClientSpan('SELECT foretrace_bench_products');
  const { rows } = await pool.query(SQL, [id]);
  floor.endClientSpan(span, QUERY);
  return rows[0];
}

async function stock(id) {
  const span = floor.startClientSpan('GET');
  const value = await redis.get(`foretrace_bench:stock:${id}`);
  floor.endClientSpan(span, COMMAND);
  return value;
}

app.get('/products/:id', async (request, response) => {
  const { id } = request.params;
  const found = await product(id);
  response.json({ ...found, stock: Number(await stock(id)) });
  floor.endServerSpan(floor.store.getStore(), request, response, ROUTE);
});

const server = http.createServer((request, response) => {
  floor.store.run(floor.startServerSpan(request, 'GET /products/:id'), app, request, response);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
