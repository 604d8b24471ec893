// Loaded before an application (`--import`): no database that it opens may have more than MAX_PAGES pages, until SIGUSR2.

import sqlite3 from 'sqlite3';

const handles = [];
const { Database } = sqlite3;

sqlite3.Database = function BoundedDatabase(file, mode, callback) {
  const database = new Database(file, mode, (error) => {
    if (error) return callback(error);
    database.exec(`PRAGMA max_page_count = ${process.env.MAX_PAGES}`, callback);
  });
  handles.push(database);
  return database;
};

process.on('SIGUSR2', () => {
  for (const database of handles) database.exec('PRAGMA max_page_count = 4294967294');
});
