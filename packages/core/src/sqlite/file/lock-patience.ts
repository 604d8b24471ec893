import type { Database } from './database.js';
import { isSqliteError } from './database.js';

const FIRST_PAUSE_MILLIS = 2;
const LONGEST_PAUSE_MILLIS = 25;

/**
 * A database whose calls wait for locks, in JavaScript: no driver does, as the threads it runs on are needed by others
 * (libuv's by the application; the one of `node:sqlite` by the very connection that holds the lock). A statement that
 * found the file locked has changed nothing, so it is done again.
 *
 * @param patienceMillis for how long, in all, one call may wait
 */
export function withPatience(database: Database, patienceMillis: number): Database {
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    const deadline = monotonicMillis() + patienceMillis;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const millis = pauseMillis(attempt);
        if (!isSqliteError(error) || error.code !== 'busy' || monotonicMillis() + millis > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, millis));
      }
    }
  };
  return {
    run: (sql, parameters) => patiently(() => database.run(sql, parameters)),
    all: (sql, parameters) => patiently(() => database.all<never>(sql, parameters)),
    exec: (sql) => patiently(() => database.exec(sql)),
    transaction: (statements) => patiently(() => database.transaction(statements)),
    close: () => database.close(),
  };
}

/** Doubles; half of it is random, so that those who wait for one lock do not come all at once again. */
function pauseMillis(attempt: number): number {
  const longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** attempt);
  return longest / 2 + Math.random() * (longest / 2);
}

/** As `performance.now()`, which would have a command that reads a file load node:perf_hooks at its start. */
function monotonicMillis(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e3 + nanos / 1e6;
}
