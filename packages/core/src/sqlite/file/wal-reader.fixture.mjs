// Keeps a transaction open that reads the Ferret file whose path it is given, until it is told to end.
import sqlite3 from 'sqlite3';

const database = new sqlite3.Database(process.argv[2], sqlite3.OPEN_READONLY);
database.exec('BEGIN; SELECT count(*) FROM span', () => process.send('reading'));
process.on('message', () => process.exit());
