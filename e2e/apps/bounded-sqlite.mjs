// Loaded before an application (`--import`): no database that it opens, with either driver, may have more than
// MAX_PAGES pages, until SIGUSR2.

import { Worker } from 'node:worker_threads';
import sqlite3 from 'sqlite3';

const BOUND = `PRAGMA max_page_count = ${process.env.MAX_PAGES}`;
const NO_BOUND = 'PRAGMA max_page_count = 4294967294';
/** Runs a statement on each database that is open. */
const databases = [];

const { Database } = sqlite3;
sqlite3.Database = function BoundedDatabase(file, mode, callback) {
  const database = new Database(file, mode, (error) => {
    if (error) return callback(error);
    database.exec(BOUND, callback);
  });
  databases.push((sql) => database.exec(sql));
  return database;
};

const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message) {
  postMessage.call(this, message);
  const [, kind, key] = message;
  if (kind !== 'open') return;
  // Nobody waits for the answer.
  const run = (sql) => postMessage.call(this, [-1, 'exec', key, sql]);
  databases.push(run);
  run(BOUND);
};

process.on('SIGUSR2', () => {
  for (const run of databases) run(NO_BOUND);
});
