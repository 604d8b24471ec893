import type { Database } from './driver.js';

/** Runs `work` in a transaction that may write from its beginning on: what it reads is still so when it writes. */
export async function transaction<T>(database: Database, work: () => Promise<T>): Promise<T> {
  await database.run('BEGIN IMMEDIATE');
  try {
    const result = await work();
    await database.run('COMMIT');
    return result;
  } catch (error) {
    await database.run('ROLLBACK').catch(() => {});
    throw error;
  }
}
