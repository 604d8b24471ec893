// Another program with the file in DATABASE open: runs the SQL in BEGIN, and COMMIT when it is told to go on.

import sqlite3 from 'sqlite3';

const database = new sqlite3.Database(process.env.DATABASE, sqlite3.OPEN_READWRITE);
const run = (sql) =>
  new Promise((resolve, reject) => database.exec(sql, (error) => (error ? reject(error) : resolve())));

// Wait, where somebody else is in the middle of a transaction.
await run('PRAGMA busy_timeout = 30000');
await run(process.env.BEGIN);
process.send('begun');
process.once('message', async () => {
  await run('COMMIT');
  database.close(() => process.disconnect());
});
