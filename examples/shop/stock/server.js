'use strict';
// The stock of a small shop: what there is, and where. Keeps everything in memory.
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');

const items = new Map([
  ['chair', { id: 'chair', price: 89, left: 12 }],
  ['desk', { id: 'desk', price: 249, left: 3 }],
  ['shelf', { id: 'shelf', price: 59, left: 40 }],
]);

const app = express();
app.use(express.json());

function findItem(request, response, next) {
  request.item = items.get(request.params.id);
  if (request.item) next();
  else response.status(404).json({ error: `no such item: ${request.params.id}` });
}

app.get('/items/:id', findItem, (request, response) => {
  response.json(request.item);
});

app.post('/items/:id/reservations', findItem, (request, response) => {
  request.item.left -= request.body.quantity;
  response.status(201).json(request.item);
});

// The warehouse is asked over an old line.
app.get('/items/:id/location', findItem, async (request, response) => {
  await sleep(60);
  response.json({ aisle: request.item.id.length, shelf: request.item.price % 7 });
});

const server = app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1', () => {
  console.log(`stock listens on http://127.0.0.1:${server.address().port}`);
});
