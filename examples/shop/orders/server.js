// The orders of a small shop: kept in SQLite, with prices and stock from the other service.
import express from 'express';
import { openDatabase } from './database.js';
import { findItem, locate, reserve } from './stock.js';

const db = await openDatabase(process.env.DATABASE ?? ':memory:');
const insert = db.prepare('INSERT INTO orders (item, quantity, price) VALUES (?, ?, ?) RETURNING id');
const select = db.prepare('SELECT id, item, quantity, price FROM orders WHERE id = ?');
const selectAll = db.prepare('SELECT id, item, quantity FROM orders ORDER BY id');

const orders = express.Router();

orders.post('/', async (request, response) => {
  const { item: id, quantity } = request.body;
  const item = await findItem(id);
  await reserve(item.id, quantity);
  response.status(201).json(insert.get(item.id, quantity, item.price * quantity));
});

orders.get('/:id', (request, response) => {
  const order = select.get(Number(request.params.id));
  if (order) response.json(order);
  else response.status(404).json({ error: 'no such order' });
});

// Where the packers find everything: one question for each order, one after the other.
const packing = express.Router();

packing.get('/list', async (_request, response) => {
  const list = [];
  for (const { id, item, quantity } of selectAll.all()) list.push({ id, quantity, ...(await locate(item)) });
  response.json(list);
});

// One label for each order. The orders are read once more, one by one, and the printer is what printers are.
packing.get('/labels', async (_request, response) => {
  const labels = [];
  for (const { id } of selectAll.all()) {
    const { item, quantity } = select.get(id);
    labels.push(`${quantity} × ${item}`);
  }
  await locate(labels[0].split(' ').at(-1));
  if (labels.length > 2) throw new Error('the printer is out of labels');
  response.json(labels);
});

const app = express();
app.use(express.json());
app.use('/orders', orders);
app.use('/packing', packing);

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`orders listens on http://127.0.0.1:${server.address().port}`);
});
