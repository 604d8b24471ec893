// The shop's database. Nothing here knows of Ferret: `--import @ferretjs/auto` sees what pg does.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const postgres = fork(fileURLToPath(new URL('postgres.js', import.meta.url)), { execArgv: [] });
const [{ port }] = await once(postgres, 'message');
const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 8 });

/** Runs a query, and returns its rows. */
export async function query(text, ...values) {
  const { rows } = await pool.query(text, values);
  return rows;
}
