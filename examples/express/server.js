// A small shop on PostgreSQL, started with `node --import @ferretjs/auto`: its requests, its queries and its waits for a
// connection are spans without a line of code. The lines that say "ferret", "measure" or "annotate" add what only the
// application knows.
import { setTimeout as pause } from 'node:timers/promises';
import { currentSpan, defaultFerret } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/express';
import express from 'express';
import { query } from './database.js';

const app = express();
app.use(ferret({ service: 'shop' }));
app.use(express.json());

const profiler = defaultFerret();

const toCsv = (rows) => `${rows.map(({ id, name }) => `${id},${name}`).join('\n')}\n`;

class PaymentDeclined extends Error {}

const tenants = express.Router({ mergeParams: true });

tenants.get('/products', async (request, response) => {
  const page = Number(request.query.page ?? 0);
  response.json(await query('SELECT id, name, price FROM products ORDER BY id LIMIT 5 OFFSET $1', page * 5));
});

const findProduct = async (id) => (await query('SELECT id, name, price FROM products WHERE id = $1', id))[0];

tenants.get('/products/:id', async (request, response) => {
  const product = await findProduct(Number(request.params.id));
  if (product === undefined) return response.status(404).json({ error: 'no such product' });
  response.json(product);
});

// One query for the orders, and then one for each of them: the slowest route, and the tree says why.
tenants.get('/orders', async (request, response) => {
  const orders = await query('SELECT id, created FROM orders WHERE tenant = $1', request.params.tenant);
  for (const order of orders) {
    order.lines = await query('SELECT product_id, quantity FROM order_lines WHERE order_id = $1', order.id);
  }
  response.json(orders);
});

tenants.post('/checkout', annotate({ team: 'growth' }), async (request, response) => {
  const { product: id, quantity, card } = request.body;
  currentSpan()?.annotate({ 'cart.quantity': quantity, 'cart.card': card });
  const product = await findProduct(id);
  await Promise.all([
    profiler.measure('POST payment', { 'payment.provider': 'example' }, async () => {
      await pause(5 + Math.random() * 15);
      if (product.id % 7 === 0) throw new PaymentDeclined(`card declined for ${product.name}`);
    }),
    query('UPDATE products SET stock = stock - $1 WHERE id = $2', quantity, id),
  ]);
  await profiler.measure('render receipt', () => pause(3));
  response.status(201).json({ paid: product.price * quantity });
});

const reports = express.Router();

reports.get('/daily', async (_request, response) => {
  const days = await query(
    `SELECT created, sum(price * quantity)::int AS revenue
    FROM orders JOIN order_lines ON order_id = orders.id JOIN products ON products.id = product_id GROUP BY created`,
  );
  const revenue = profiler.measure('sum up', () => days.reduce((sum, day) => sum + day.revenue, 0));
  response.json({ revenue });
});

reports.get('/export', async (_request, response) => {
  response.type('text/csv');
  for (let after = 0; after < 40 && !response.destroyed; after += 10) {
    const rows = await query('SELECT id, name FROM products WHERE id > $1 ORDER BY id LIMIT 10', after);
    response.write(profiler.measure('format CSV', () => toCsv(rows)));
  }
  response.end();
});

reports.get('/broken', () => {
  throw new TypeError("Cannot read properties of undefined (reading 'total')");
});

app.use('/api/tenants/:tenant', tenants);
app.use('/reports', reports);

app.use(ferret.errors());
app.use((error, _request, response, _next) => {
  const status = error instanceof PaymentDeclined ? 402 : (error.status ?? 500);
  response.status(status).json({ error: status < 500 ? error.message : 'internal error' });
});

const server = app.listen(process.env.PORT ?? 3000, () => {
  const { port } = server.address();
  process.send?.({ port });
  console.log(`The shop listens on http://localhost:${port}`);
});
