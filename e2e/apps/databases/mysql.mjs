// Scenarios of `mysql`.

import { once } from 'node:events';
import { promisify } from 'node:util';
import mysql from 'mysql';

const CANARY = 'cAnArY-4711';

// The library's own stacks are deep: frames of Ferret's wrappers must not push others out.
Error.stackTraceLimit = 50;

export async function open(port) {
  const config = { host: '127.0.0.1', port, user: 'root', database: 'test' };
  const pool = mysql.createPool({ ...config, connectionLimit: 2 });
  const query = (...args) =>
    new Promise((resolve, reject) => {
      pool.query(...args, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  await query('DROP TABLE IF EXISTS users');
  await query('CREATE TABLE users (id int PRIMARY KEY, name varchar(50) UNIQUE)');
  await query('INSERT INTO users VALUES ?', [
    Array.from({ length: 300 }, (_, index) => [index + 1, `user ${index + 1}`]),
  ]);
  // Scenarios have a connection of their own, so that the spans of a query and of a wait for a connection are apart.
  const connection = mysql.createConnection(config);
  await promisify(connection.connect).call(connection);
  const asked = (...args) => promisify(connection.query).call(connection, ...args);

  const scenarios = {
    text: () => asked(`SELECT id, name FROM users WHERE name = "${CANARY}" OR id = 7 # ${CANARY}`),
    parameters: () => asked('SELECT id, name FROM users WHERE name <> ? AND id = ?', [CANARY, 8]),
    options: () => asked({ sql: 'SELECT id FROM users WHERE id = ? OR name = ?', values: [9, CANARY] }),
    large: () => asked(`SELECT id FROM users WHERE name = '${CANARY.repeat(1_000_000)}'`).catch(({ code }) => code),
    callback: (note) =>
      new Promise((resolve) => {
        const made = pool.query('SELECT 1 AS one FROM users WHERE id = ?', [3], function (error, rows, fields) {
          note('this', this?.constructor?.name);
          pool.query('SELECT 2 AS two FROM users WHERE id = ?', [4], (_, second) =>
            resolve([error, rows, fields.length, second]),
          );
        });
        note('returned', [made.constructor.name, Object.keys(made).sort()]);
      }),
    failing: async (note) => {
      note('caught', await asked('INSERT INTO users VALUES (?, ?)', [1, CANARY]).catch(strip));
      note('caught', await asked(`SELECT * FROM no_such_table WHERE a = '${CANARY}'`).catch(strip));
      note('raised', await asked(`SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${CANARY} is no customer'`).catch(strip));
      await asked('SELEKT 1').catch((error) => note('stack', error.stack));
      note(
        'wrong',
        (() => {
          try {
            return connection.query('SELECT 1', [], 'not a function');
          } catch (error) {
            return error.message;
          }
        })(),
      );
      const closed = mysql.createConnection(config);
      closed.destroy();
      note('closed', await promisify(closed.query).call(closed, 'SELECT 1').catch(strip));
    },
    late: () => asked({ sql: 'SELECT SLEEP(0.3)', timeout: 1_000 }),
    timeout: async () => {
      const slow = mysql.createConnection(config);
      await promisify(slow.connect).call(slow);
      return promisify(slow.query)
        .call(slow, { sql: 'SELECT SLEEP(1)', timeout: 50 })
        .catch(({ code }) => code);
    },
    transaction: async () => {
      await promisify(connection.beginTransaction).call(connection);
      await asked('UPDATE users SET name = ? WHERE id = 250', [CANARY]);
      await promisify(connection.rollback).call(connection);
    },
    events: async (note) => {
      const made = connection.query('SELECT id FROM users WHERE id < ? ORDER BY id', [4]);
      made.on('result', (row) => note('row', { ...row }));
      made.on('error', (error) => note('error', error.message));
      await once(made, 'end');
      const failing = connection.query('SELEKT 4');
      failing.on('error', (error) => note('error', error.message));
      await new Promise((resolve) => failing.on('end', resolve));
    },
    unheard: async (note) => {
      connection.once('error', (error) => note('connection', error.message));
      connection.query('SELEKT 5');
      await asked('SELECT 1');
    },
    stream: async (note) => {
      const stream = connection.query('SELECT id FROM users WHERE id < 4 ORDER BY id').stream();
      stream.on('data', (row) => note('row', { ...row }));
      await once(stream, 'end');
    },
    // Both connections are taken: the queries wait, and run when others give theirs back.
    exhausted: async () => {
      const taken = promisify(pool.getConnection).bind(pool);
      const connections = [await taken(), await taken()];
      const waiting = [5, 6].map((id) => query('SELECT id FROM users WHERE id = ?', [id]));
      setTimeout(() => connections.forEach((each) => void each.release()), 50);
      return Promise.all(waiting);
    },
    // A connection is lost while somebody waits for it.
    lost: async () => {
      const small = mysql.createPool({ ...config, connectionLimit: 1 });
      const held = await promisify(small.getConnection).call(small);
      const waiting = promisify(small.query).call(small, 'SELECT id FROM users WHERE id = 7');
      held.destroy();
      const rows = await waiting;
      await promisify(small.end).call(small);
      return rows;
    },
    refused: () => {
      const nowhere = mysql.createPool({ ...config, port: 1 });
      return promisify(nowhere.query).call(nowhere, 'SELECT 1').catch(strip);
    },
    loop: async () => {
      const names = [];
      for (let id = 1; id <= 212; id++) names.push((await asked('SELECT name FROM users WHERE id = ?', [id]))[0].name);
      return names.length;
    },
  };
  return { scenarios, close: () => Promise.all([connection, pool].map((each) => promisify(each.end).call(each))) };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.constructor.name, message: error.message, own };
}
