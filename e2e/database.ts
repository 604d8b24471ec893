import sqlite3 from 'sqlite3';

/** Rows of a query over Ferret's file, read with the bare driver: what any other program would see. */
export function query<Row>(file: string, sql: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, sqlite3.OPEN_READONLY, (error) => {
      if (error) return reject(error);
      database.all<Row>(sql, (failure, rows) => {
        database.close();
        if (failure) reject(failure);
        else resolve(rows);
      });
    });
  });
}

/** Runs statements as another program would. Creates the file where it is missing. */
export function execute(file: string, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, (error) => {
      if (error) return reject(error);
      database.exec(sql, (failure) => {
        database.close();
        if (failure) reject(failure);
        else resolve();
      });
    });
  });
}

/** The invariants every file keeps: its ledger adds up, and SQLite finds nothing wrong. */
export async function soundness(file: string): Promise<{ integrity: string; ledgers: { missing: number }[] }> {
  const [check] = await query<{ integrity_check: string }>(file, 'PRAGMA integrity_check');
  const ledgers = await query<{ missing: number }>(
    file,
    `SELECT started - stored - sampled_out - folded - dropped_queue_full - dropped_write_failed - dropped_closed
       - dropped_too_large - spilled AS missing
     FROM ferret_processes_v1`,
  );
  return { integrity: check?.integrity_check ?? '', ledgers };
}
