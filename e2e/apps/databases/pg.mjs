// Scenarios of `pg`, or of the version that the environment names.

import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';

const { default: pg } = await import(process.env.PACKAGE ?? 'pg');
const { default: otherPg } = await import(process.env.PACKAGE === 'pg' ? 'pg-8-11' : 'pg');

export const CANARY = 'cAnArY-4711';

export async function open(port) {
  const config = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' };
  const pool = new pg.Pool({ ...config, max: 2 });
  await pool.query('DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS users');
  await pool.query('CREATE TABLE users (id int PRIMARY KEY, name text UNIQUE)');
  await pool.query('CREATE TABLE orders (id int PRIMARY KEY, user_id int)');
  await pool.query('INSERT INTO users SELECT n, $1 || n FROM generate_series(1, 300) AS n', ['user ']);
  await pool.query('INSERT INTO orders SELECT n, n FROM generate_series(1, 212) AS n');

  const scenarios = {
    text: () => pool.query(`SELECT id, name FROM users WHERE name = '${CANARY}' OR id = 7 -- ${CANARY}`).then(rows),
    parameters: () => pool.query('SELECT id, name FROM users WHERE name <> $1 AND id = $2', [CANARY, 8]).then(rows),
    config: () => pool.query({ text: 'SELECT id FROM users WHERE id = $1', values: [9], rowMode: 'array' }).then(rows),
    prepared: async () => {
      const query = { name: 'find-user', text: 'SELECT name FROM users WHERE id = $1' };
      return [rows(await pool.query({ ...query, values: [1] })), rows(await pool.query({ ...query, values: [2] }))];
    },
    callback: (note) =>
      new Promise((resolve) => {
        const result = pool.query('SELECT 1 AS one FROM users WHERE id = $1', [3], function (error, answer) {
          note('this', this?.constructor?.name);
          pool.query('SELECT 2 AS two FROM orders WHERE id = 3', (_, second) =>
            resolve([error, rows(answer), rows(second)]),
          );
        });
        note('returned', result);
      }),
    promise: async (note) => {
      const promise = pool.query('SELECT 1 AS one');
      note('promise', [promise.constructor.name, promise instanceof Promise, Object.getOwnPropertyNames(promise)]);
      return rows(await promise);
    },
    several: () => pool.query('SELECT 1 AS one; SELECT id FROM users WHERE id < 3').then((all) => all.map(rows)),
    failing: async (note) => {
      note('caught', await pool.query('INSERT INTO users VALUES ($1, $2)', [1, CANARY]).catch(strip));
      note('caught', await pool.query(`SELECT '${CANARY}'::int`).catch(strip));
      await pool
        .query(`SELECT * FROM no_such_table WHERE a = '${CANARY}'`)
        .catch((error) => note('stack', error.stack));
      note('raised', await pool.query(`DO $$ BEGIN RAISE EXCEPTION '${CANARY} is no customer'; END $$`).catch(strip));
      return new Promise((resolve) => pool.query('SELEKT 1', (error) => resolve(strip(error))));
    },
    misuse: async (note) => {
      const client = new pg.Client(config);
      for (const wrong of [null, undefined]) {
        try {
          note('returned', client.query(wrong));
        } catch (error) {
          note('threw', error.message);
        }
      }
      note('wrong values', await pool.query('SELECT $1', 'not a list').catch((error) => error.message));
      const circle = {};
      circle.self = circle;
      note('circle', await pool.query('SELECT $1::json', [circle]).catch((error) => error.message.slice(0, 40)));
      note('empty', rows(await pool.query('')));
      await client.connect();
      await client.end();
      return client.query('SELECT 1').catch((error) => error.message);
    },
    unhandled: async () => {
      pool.query('SELECT 1 / 0');
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
    transaction: async () => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await client.query('UPDATE users SET name = $1 WHERE id = 250', [CANARY]);
        await client.query('ROLLBACK');
        return client.constructor.name;
      } finally {
        client.release();
      }
    },
    events: (note) =>
      new Promise((resolve) => {
        pool.connect((_, client, done) => {
          const query = client.query(new pg.Query('SELECT id FROM users WHERE id < $1 ORDER BY id', [4]));
          query.on('row', (row) => note('row', row));
          query.on('error', (error) => note('error', error.message));
          query.on('end', (result) => {
            done();
            resolve([rows(result), Object.keys(query).sort(), Object.getOwnPropertySymbols(query).map(String)]);
          });
        });
      }),
    cursor: async (note) => {
      const client = await pool.connect();
      const cursor = client.query(new Cursor('SELECT id FROM users WHERE name <> $1 ORDER BY id', [CANARY]));
      note('first', await cursor.read(2));
      note('next', await cursor.read(1));
      await cursor.close();
      const broken = client.query(new Cursor('SELECT 1 / 0'));
      note('broken', await broken.read(1).catch((error) => error.message));
      client.release();
      return Object.keys(cursor).sort();
    },
    stream: async (note) => {
      const client = await pool.connect();
      const stream = client.query(new QueryStream('SELECT id FROM users WHERE id < $1 ORDER BY id', [4]));
      for await (const row of stream) note('row', row);
      client.release();
    },
    // Both versions are in one process.
    other: async () => {
      const client = new otherPg.Client(config);
      await client.connect();
      const answers = await Promise.all(
        [client, pool].map((each) => each.query('SELECT 1 AS one FROM users WHERE id = 1')),
      );
      await client.end();
      return answers.map(({ rows: [row] }) => row);
    },
    queued: async () => {
      const client = await pool.connect();
      const answers = await Promise.all(
        [1, 2, 3].map((id) => client.query('SELECT name FROM users WHERE id = $1', [id])),
      );
      client.release();
      return answers.map(rows);
    },
    // Every client is taken: the queries wait, and run when others give theirs back.
    exhausted: async () => {
      const clients = await Promise.all([pool.connect(), pool.connect()]);
      const waiting = pool.query('SELECT 5 AS five FROM users WHERE id = 5');
      const called = new Promise((resolve) =>
        pool.query('SELECT 6 AS six FROM users WHERE id = 6', (_, answer) => resolve(rows(answer))),
      );
      setTimeout(() => clients.forEach((client) => void client.release()), 50);
      return [rows(await waiting), await called];
    },
    timeout: async () => {
      const small = new pg.Pool({ ...config, max: 1, connectionTimeoutMillis: 1_500 });
      const client = await small.connect();
      const error = await small.connect().catch((failure) => failure);
      client.release();
      await small.end();
      return [error.message, error.stack];
    },
    refused: async (note) => {
      const client = new pg.Client({ ...config, port: 1 });
      note('pool', await new pg.Pool({ ...config, port: 1 }).query('SELECT 1').catch(strip));
      return client.connect().catch(strip);
    },
    connect: async (note) => {
      const client = new pg.Client(config);
      const promise = client.connect();
      note('promise', [promise.constructor.name]);
      await promise;
      const answer = rows(await client.query('SELECT count(*) FROM orders'));
      note('end', await client.end());
      return answer;
    },
    slow: async (note) => {
      const client = new pg.Client({ ...config, query_timeout: 100 });
      await client.connect();
      note('late', await client.query('SELECT pg_sleep(1)').catch((error) => error.message));
      await client.end();
    },
    loop: async () => {
      const names = [];
      const orders = await pool.query('SELECT user_id FROM orders ORDER BY id');
      for (const { user_id: id } of orders.rows)
        names.push((await pool.query('SELECT name FROM users WHERE id = $1', [id])).rows[0].name);
      return names.length;
    },
  };
  return { scenarios, close: () => pool.end() };
}

function rows({ command, rowCount, rows, fields, ...rest }) {
  return {
    command,
    rowCount,
    rows,
    fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
    keys: Object.keys(rest).sort(),
  };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.constructor.name, message: error.message, own };
}
