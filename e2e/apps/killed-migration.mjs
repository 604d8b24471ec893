// Loaded before an application (`--import`): kills the process, by SIGKILL, at one point of the migration, with either
// driver. KILL_AT is `before 1`, `in 1` or `after 1`, by the number of the step.

import { Worker } from 'node:worker_threads';
import sqlite3 from 'sqlite3';

const isStep = (sql) => /\b(TABLE|VIEW)\b/.test(sql);
const die = () => process.kill(process.pid, 'SIGKILL');
let step = 0;

/** A step begins: dies before or in it, or returns what is to be called when it is done. */
function begin() {
  const number = ++step;
  const isAt = (when) => process.env.KILL_AT === `${when} ${number}`;
  if (isAt('before')) die();
  if (isAt('in')) setTimeout(die, Math.random() * 2); // Another thread is at it meanwhile.
  return () => isAt('after') && die();
}

const { exec } = sqlite3.Database.prototype;
sqlite3.Database.prototype.exec = function (sql, callback) {
  if (!isStep(sql)) return exec.call(this, sql, callback);
  const done = begin();
  return exec.call(this, sql, (error) => {
    done();
    callback(error);
  });
};

const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message) {
  const [id, kind, , sql] = message;
  if (kind !== 'exec' || !isStep(sql)) return postMessage.call(this, message);
  const done = begin();
  this.on('message', ([answered]) => answered === id && done());
  return postMessage.call(this, message);
};
