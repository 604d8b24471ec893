// Scenarios of `mysql2`, or of the version that the environment names.

import { once } from 'node:events';

const name = process.env.PACKAGE ?? 'mysql2';
const { default: mysql } = await import(name);
const { default: promised } = await import(`${name}/promise.js`);

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const config = { host: '127.0.0.1', port, user: 'root', database: 'test' };
  const pool = promised.createPool({ ...config, connectionLimit: 2 });
  const raw = pool.pool;
  await pool.query('DROP TABLE IF EXISTS users');
  await pool.query('CREATE TABLE users (id int PRIMARY KEY, name varchar(50) UNIQUE)');
  await pool.query('INSERT INTO users VALUES ?', [
    Array.from({ length: 300 }, (_, index) => [index + 1, `user ${index + 1}`]),
  ]);

  const scenarios = {
    text: () => pool.query(`SELECT id, name FROM users WHERE name = "${CANARY}" OR id = 7 # ${CANARY}`).then(rows),
    parameters: () => pool.query('SELECT id, name FROM users WHERE name <> ? AND id = ?', [CANARY, 8]).then(rows),
    list: () => pool.query('SELECT id FROM users WHERE id IN (?) OR name = ?', [[1, 2, 3], CANARY]).then(rows),
    options: () => pool.query({ sql: 'SELECT id FROM users WHERE id = ?', values: [9], rowsAsArray: true }).then(rows),
    named: () =>
      pool
        .query({ sql: 'SELECT id FROM users WHERE name = :name', namedPlaceholders: true }, { name: CANARY })
        .then(rows),
    execute: async () => [
      rows(await pool.execute('SELECT name FROM users WHERE id = ?', [1])),
      rows(await pool.execute('SELECT name FROM users WHERE id = ?', [2])),
    ],
    callback: (note) =>
      new Promise((resolve) => {
        const command = raw.query('SELECT 1 AS one FROM users WHERE id = ?', [3], function (error, answer, fields) {
          note('this', this?.constructor?.name);
          raw.execute('SELECT 2 AS two FROM users WHERE id = ?', [4], (_, second) =>
            resolve([error, answer, fields.length, second]),
          );
        });
        note('returned', [command.constructor.name, Object.keys(command).sort()]);
      }),
    promise: async (note) => {
      const promise = pool.query('SELECT 1 AS one');
      note('promise', [promise.constructor.name, Object.getOwnPropertyNames(promise)]);
      return rows(await promise);
    },
    failing: async (note) => {
      note('caught', await pool.query('INSERT INTO users VALUES (?, ?)', [1, CANARY]).catch(strip));
      note('caught', await pool.execute('INSERT INTO users VALUES (?, ?)', [400, 'user 1']).catch(strip));
      note('caught', await pool.execute(`SELECT * FROM no_such_table WHERE a = '${CANARY}'`).catch(strip));
      const raise = `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${CANARY} is no customer'`;
      note('raised', await pool.query(raise).catch(strip));
      await pool.query('SELEKT 1').catch((error) => note('stack', error.stack));
      return new Promise((resolve) => raw.query('SELEKT 2', (error) => resolve(strip(error))));
    },
    misuse: async (note) => {
      note('undefined', await pool.execute('SELECT ?', [undefined]).catch((error) => error.message));
      const connection = await promised.createConnection(config);
      await connection.end();
      return connection.query('SELECT 1').catch((error) => error.message);
    },
    unhandled: async () => {
      pool.query('SELEKT 3');
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
    transaction: async () => {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await connection.execute('UPDATE users SET name = ? WHERE id = 250', [CANARY]);
      await connection.rollback();
      connection.release();
      return connection.constructor.name;
    },
    events: async (note) => {
      const query = raw.query('SELECT id FROM users WHERE id < ? ORDER BY id', [4]);
      query.on('result', (row) => note('row', row));
      query.on('error', (error) => note('error', error.message));
      await once(query, 'end');
      const failing = raw.query('SELEKT 4');
      failing.on('error', (error) => note('error', error.message));
      await once(failing, 'end');
    },
    stream: async (note) => {
      for await (const row of raw.query('SELECT id FROM users WHERE id < 4 ORDER BY id').stream()) note('row', row);
    },
    // Both connections are taken: the queries wait, and run when others give theirs back.
    exhausted: async () => {
      const connections = [await pool.getConnection(), await pool.getConnection()];
      const waiting = pool.query('SELECT 5 AS five FROM users WHERE id = 5');
      const called = new Promise((resolve) =>
        raw.query('SELECT 6 AS six FROM users WHERE id = 6', (_, answer) => resolve(answer)),
      );
      setTimeout(() => connections.forEach((connection) => void connection.release()), 50);
      return [rows(await waiting), await called];
    },
    refused: (note) => {
      note('callback', mysql.createPool({ ...config, port: 1 }).constructor.name);
      return promised
        .createPool({ ...config, port: 1 })
        .query('SELECT 1')
        .catch(strip);
    },
    loop: async () => {
      const names = [];
      for (let id = 1; id <= 212; id++) names.push(rows(await pool.query('SELECT name FROM users WHERE id = ?', [id])));
      return names.length;
    },
  };
  return { scenarios, close: () => pool.end() };
}

function rows([answer, fields]) {
  return [answer, fields?.map(({ name, columnType }) => [name, columnType])];
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.constructor.name, message: error.message, own };
}
