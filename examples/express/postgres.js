// A PostgreSQL server for the shop, in a process of its own: PGlite, which npm installs. Ends with the shop.
import { createServer } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const TENANTS = ['acme', 'globex', 'initech'];

const db = await PGlite.create();
await db.exec(`
  CREATE TABLE products (id int PRIMARY KEY, name text, price int, stock int);
  CREATE TABLE orders (id int PRIMARY KEY, tenant text, created date);
  CREATE TABLE order_lines (order_id int, product_id int, quantity int, PRIMARY KEY (order_id, product_id));
  INSERT INTO products SELECT id, 'Product ' || id, 4 + id, 1000000 FROM generate_series(1, 40) AS id;
  INSERT INTO orders SELECT id, (ARRAY['${TENANTS.join("', '")}'])[1 + id % ${TENANTS.length}], date '2026-01-01' + id % 30
    FROM generate_series(1, 120) AS id;
  INSERT INTO order_lines SELECT id, 1 + (id * line) % 40, line FROM generate_series(1, 120) AS id,
    generate_series(1, 5) AS line ON CONFLICT DO NOTHING;
`);

const probe = createServer().listen(0, '127.0.0.1', async () => {
  const { port } = probe.address();
  probe.close();
  await new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 20 }).start();
  process.send({ port });
});
process.on('disconnect', () => process.exit());
