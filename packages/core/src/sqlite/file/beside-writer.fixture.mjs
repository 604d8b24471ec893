// Opens the Ferret file whose path it is given as a writer does, changes something, and stays.
import sqlite3 from 'sqlite3';

const database = new sqlite3.Database(process.argv[2]);
database.exec('UPDATE run SET service = service; UPDATE run SET service = service', () => process.send('written'));
setInterval(() => {}, 1_000);
