// Loaded before an application (`--import`): kills the process, by SIGKILL, at one point of the migration. KILL_AT is `before 1`, `in 1` or
// `after 1`, by the number of the step.

import sqlite3 from 'sqlite3';

const { exec } = sqlite3.Database.prototype;
const die = () => process.kill(process.pid, 'SIGKILL');
let step = 0;

sqlite3.Database.prototype.exec = function (sql, callback) {
  if (!/\b(TABLE|VIEW)\b/.test(sql)) return exec.call(this, sql, callback);
  const number = ++step;
  const isAt = (when) => process.env.KILL_AT === `${when} ${number}`;
  if (isAt('before')) die();
  if (isAt('in')) setTimeout(die, Math.random() * 2); // A thread of the pool is at it meanwhile.
  return exec.call(this, sql, (error) => {
    if (isAt('after')) die();
    callback(error);
  });
};
