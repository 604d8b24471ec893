import { MAX_READ_BYTES } from './database.js';

/**
 * Source of a function that runs SQLite through `node:sqlite`, one call after the other: `(load) => (kind, key,
 * payload) => answer`.
 *
 * A text, because a thread is started from it: bundlers, single executables and tools that rewrite functions
 * (minifiers, coverage) would lose a worker's file or change a function's source. The same text runs in place
 * (node-sqlite-driver.ts), and the contract suite runs it both ways.
 *
 * - `load` returns `node:sqlite`. Node 22 warns that this module is experimental; that one warning is not passed on.
 * - `key` names a connection; `kind` is a method of `calls`.
 * - An answer is `[undefined, result]` or `[error]`. An error is plain data, as it goes from thread to thread.
 *
 * Numbered parameters (`?1`) are bound by name: Node before 22.19 and 24.6 takes them for named ones. A whole number is
 * bound as an integer: `node:sqlite` binds every `number` as a REAL. An integer beyond 2^53 is read with less precision
 * instead of an exception. `jsonb_each` came with SQLite 3.51; before, `json_each` does the same in more time. Some
 * Nodes (22.13) and Deno build SQLite without its mathematical functions; those that readers use are added then.
 */
export const PROGRAM = `(load) => {
  'use strict';
  const { emitWarning } = process;
  process.emitWarning = (warning, type, ...rest) =>
    type === 'ExperimentalWarning' ? undefined : emitWarning.call(process, warning, type, ...rest);
  let sqlite;
  try {
    sqlite = load();
  } finally {
    process.emitWarning = emitWarning;
  }

  const [major, minor] = process.versions.node.split('.').map(Number);
  // Before, 'file:' was the beginning of a name. Read-only is the nearest to 'immutable' there; 'mode=rw' asks for a
  // file that is there.
  const knowsUris = major > 23 || (major === 23 && minor >= 10) || (major === 22 && minor >= 15);
  const locate = (location) =>
    knowsUris || !location.startsWith('file:') ? location : decodeURIComponent(new URL(location).pathname);

  const probe = (sql) => {
    const database = new sqlite.DatabaseSync(':memory:');
    try {
      database.exec(sql);
      return true;
    } catch {
      return false;
    } finally {
      database.close();
    }
  };
  const knowsJsonbEach = probe("SELECT 1 FROM jsonb_each('[]')");
  const mathematics = { ceil: Math.ceil, exp: Math.exp, floor: Math.floor, ln: Math.log, log2: Math.log2, pow: Math.pow, sqrt: Math.sqrt };
  const lacksMathematics = !probe('SELECT log2(8)');
  const ofNumbers = (calculate) => (...values) => (values.includes(null) ? null : calculate(...values.map(Number)));

  const phrase = (sql) => (knowsJsonbEach ? sql : sql.replaceAll('jsonb_each', 'json_each'));

  const connections = new Map();
  const toValue = (value) => (Number.isSafeInteger(value) ? BigInt(value) : value);
  const toNumbers = (row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]));

  const prepare = (connection, sql) => {
    let prepared = connection.statements.get(sql);
    if (prepared === undefined) {
      const numbered = [...new Set(sql.match(/[?]\\d+/g))];
      const bind = (values) =>
        numbered.length === 0 || values.length === 0
          ? values.map(toValue)
          : [Object.fromEntries(numbered.map((name) => [name, toValue(values[name.slice(1) - 1] ?? null)]))];
      prepared = { statement: connection.database.prepare(phrase(sql)), bind };
      connection.statements.set(sql, prepared);
    }
    return prepared;
  };

  const query = (connection, sql, values) => {
    const { statement, bind } = prepare(connection, sql);
    try {
      return statement.all(...bind(values));
    } catch (error) {
      // Only what changes nothing may be done twice.
      if (error.code !== 'ERR_OUT_OF_RANGE' || !/^\\s*(SELECT|WITH|PRAGMA)\\b/i.test(sql)) throw error;
      statement.setReadBigInts(true);
      try {
        return statement.all(...bind(values)).map(toNumbers);
      } finally {
        statement.setReadBigInts(false);
      }
    }
  };

  const calls = {
    open(key, { location, readOnly }) {
      // As SQLite itself has it, and as Ferret's tables are meant.
      const options = { readOnly, enableForeignKeyConstraints: false };
      // Node from 25.8 on, and later versions of 24; others ignore it.
      if (readOnly) options.limits = { length: ${MAX_READ_BYTES} };
      const database = new sqlite.DatabaseSync(locate(location), options);
      if (lacksMathematics) {
        for (const [name, calculate] of Object.entries(mathematics)) {
          database.function(name, { deterministic: true, varargs: true }, ofNumbers(calculate));
        }
      }
      connections.set(key, { database, statements: new Map() });
    },
    run(key, [sql, values]) {
      const { statement, bind } = prepare(connections.get(key), sql);
      statement.run(...bind(values));
    },
    all: (key, [sql, values]) => query(connections.get(key), sql, values),
    exec(key, sql) {
      connections.get(key).database.exec(phrase(sql));
    },
    transaction(key, statements) {
      const connection = connections.get(key);
      connection.database.exec('BEGIN IMMEDIATE');
      try {
        const results = [];
        for (const { sql, parameters = [], mustFind = false } of statements) {
          const rows = query(connection, sql, parameters);
          if (mustFind && rows.length === 0) {
            connection.database.exec('ROLLBACK');
            return undefined;
          }
          results.push(rows);
        }
        connection.database.exec('COMMIT');
        return results;
      } catch (error) {
        try {
          connection.database.exec('ROLLBACK');
        } catch {
          // SQLite has rolled back itself.
        }
        throw error;
      }
    },
    close(key) {
      const { database } = connections.get(key);
      connections.delete(key);
      database.close();
    },
  };

  return (kind, key, payload) => {
    try {
      return [undefined, calls[kind](key, payload)];
    } catch (error) {
      return [{ message: String(error?.message), resultCode: error?.errcode }];
    }
  };
}`;

/** Source of the thread: it answers each message `[id, kind, key, payload]` with `[id, ...answer]`. */
export const WORKER_PROGRAM = `
const { parentPort } = require('node:worker_threads');
const answer = (${PROGRAM})(() => require('node:sqlite'));
parentPort.on('message', ([id, ...call]) => parentPort.postMessage([id, ...answer(...call)]));
`;
