// Changes the Ferret file whose path it is given, has the change reach the file before it is committed, and stays.
import sqlite3 from 'sqlite3';

const database = new sqlite3.Database(process.argv[2]);
database.exec(
  `PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; UPDATE run SET service = 'half';
   CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(1000000));`,
  () => process.send('written'),
);
setInterval(() => {}, 1_000);
