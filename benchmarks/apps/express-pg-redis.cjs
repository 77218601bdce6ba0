'use strict';
// A small shop: one PostgreSQL query and one Redis command per request.
const express = require('express');
const { Redis } = require('ioredis');
const { Pool } = require('pg');

const pool = new Pool();
const redis = new Redis(process.env.REDIS_URL);
const app = express();

async function product(id) {
  const { rows } = await pool.query('SELECT id, name, price FROM foretrace_bench_products WHERE id = $1', [
    id,
  ]);
  return rows[0];
}

function stock(id) {
  return redis.get(`foretrace_bench:stock:${id}`);
}

app.get('/products/:id', async (request, response) => {
  const { id } = request.params;
  const found = await product(id);
  response.json({ ...found, stock: Number(await stock(id)) });
});

const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
