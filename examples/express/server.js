// A small shop. Everything Ferret is told stands in the lines that say "ferret", "measure" or "annotate".
import { setTimeout as pause } from 'node:timers/promises';
import { currentSpan, defaultFerret } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/express';
import express from 'express';

const app = express();
app.use(ferret({ service: 'shop' }));
app.use(express.json());

const profiler = defaultFerret();

/** A database that takes its time. */
const query = (sql, millis, rows) =>
  profiler.measure(sql, { 'db.system.name': 'postgresql' }, async (span) => {
    await pause(millis * (0.5 + Math.random()));
    span.annotate({ 'db.response.returned_rows': rows.length });
    return rows;
  });

const products = Array.from({ length: 40 }, (_, index) => ({
  id: index + 1,
  name: `Product ${index + 1}`,
  price: 5 + index,
}));
const find = (id) => products.find((product) => product.id === Number(id));

const toCsv = (rows) => `${rows.map(({ id, name }) => `${id},${name}`).join('\n')}\n`;

class PaymentDeclined extends Error {}

const tenants = express.Router({ mergeParams: true });

tenants.get('/products', async (request, response) => {
  const page = Number(request.query.page ?? 0);
  response.json(await query('SELECT products', 4, products.slice(page * 5, page * 5 + 5)));
});

tenants.get('/products/:id', async (request, response) => {
  const [product] = await query('SELECT product', 2, [find(request.params.id)].filter(Boolean));
  if (product === undefined) return response.status(404).json({ error: 'no such product' });
  response.json(product);
});

// The first query is for the orders; another follows for each of them, and the tree shows it.
tenants.get('/orders', async (_request, response) => {
  const orders = await query('SELECT orders', 3, [1, 2, 3, 4, 5, 6, 7, 8]);
  const full = [];
  for (const id of orders) full.push(...(await query('SELECT order_lines', 1, [find(id)])));
  response.json(full);
});

tenants.post('/checkout', annotate({ team: 'growth' }), async (request, response) => {
  currentSpan()?.annotate({ 'cart.quantity': request.body.quantity, 'cart.card': request.body.card });
  const [product] = await query('SELECT product', 2, [find(request.body.product)]);
  await Promise.all([
    profiler.measure('POST payment', { 'payment.provider': 'example' }, async () => {
      await pause(20 + Math.random() * 60);
      if (product.id % 7 === 0) throw new PaymentDeclined(`card declined for ${product.name}`);
    }),
    query('UPDATE stock', 6, [product]),
  ]);
  await profiler.measure('render receipt', () => pause(3));
  response.status(201).json({ paid: product.price * request.body.quantity });
});

const reports = express.Router();

reports.get('/daily', async (_request, response) => {
  await query('SELECT daily_revenue', 120, products);
  profiler.measure('sum up', () => products.reduce((sum, product) => sum + product.price, 0));
  response.json({ revenue: 980 });
});

reports.get('/export', async (_request, response) => {
  response.type('text/csv');
  for (let at = 0; at < products.length && !response.destroyed; at += 10) {
    const rows = await query('SELECT export_page', 50, products.slice(at, at + 10));
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
