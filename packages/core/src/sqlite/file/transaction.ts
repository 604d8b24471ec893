import type { Database, SqlValue, Statement } from './driver.js';

/**
 * Runs `work` in a transaction that may write from its beginning on: what it reads is still so when it writes. Only for
 * what depends on what it reads; `Database.transaction` is one message.
 */
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

/** Takes statements as a database does, and keeps them for one transaction. */
export class StatementList implements Pick<Database, 'run'> {
  readonly statements: Statement[] = [];

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<void> {
    this.statements.push({ sql, parameters });
  }
}
