import { FerretError } from '../../errors.js';
import type { Database } from './database.js';
import { withPatience } from './lock-patience.js';
import { NO_WORKER } from './missing-driver.js';
import { hasNodeSqlite, mayStartThread, openNodeSqlite, type Place } from './node-sqlite-driver.js';
import { loadSqlite3, openSqlite3 } from './sqlite3-driver.js';

export {
  type Database,
  isSqliteError,
  SqliteError,
  type SqliteErrorCode,
  type SqlValue,
  type Statement,
} from './database.js';
export type { Place } from './node-sqlite-driver.js';

/** Opens files with one library. A process never opens a file with two: each would drop the other's locks. */
export interface Driver {
  readonly name: 'node:sqlite' | 'sqlite3';
  open(location: string, mode: 'read' | 'write', place: Place): Promise<Database>;
}

const NODE_SQLITE: Driver = { name: 'node:sqlite', open: openNodeSqlite };

/** Loaded once: a test runner may have torn down its modules since, a deploy may have replaced the files. */
let sqlite3: Promise<Driver> | undefined;

/**
 * Node's own SQLite where it is there, else the package `sqlite3`, which is loaded now. To be called at the start.
 *
 * @throws FerretError `DRIVER_MISSING`
 */
export async function findDriver(place: Place = 'thread'): Promise<Driver> {
  if (hasNodeSqlite()) {
    if (place === 'thread' && !mayStartThread()) throw new FerretError('DRIVER_MISSING', NO_WORKER);
    return NODE_SQLITE;
  }
  sqlite3 ??= loadDriver();
  return sqlite3;
}

async function loadDriver(): Promise<Driver> {
  const library = await loadSqlite3();
  return { name: 'sqlite3', open: (location, mode) => openSqlite3(library, location, mode) };
}

/** Where the calling program wants SQLite to run. */
export interface PlaceOptions {
  /**
   * Runs SQLite on the calling thread, where the driver is Node's own. For command-line programs: each statement holds
   * up the event loop, but no thread has to be started. Default: false.
   */
  readonly inPlace?: boolean;
}

export function placeOf({ inPlace = false }: PlaceOptions): Place {
  return inPlace ? 'here' : 'thread';
}

export interface OpenOptions {
  /** For how long one call waits for a lock, in JavaScript. Default: not at all. */
  readonly patienceMillis?: number;
  readonly place?: Place;
}

/**
 * Opens a database file, given by its absolute path or a `file:` URI.
 *
 * @param mode `read` never creates or changes a file; `write` creates it where it is missing.
 * @throws FerretError `DRIVER_MISSING`; SqliteError otherwise.
 */
export async function openDatabase(
  location: string,
  mode: 'read' | 'write',
  { patienceMillis = 0, place = 'thread' }: OpenOptions = {},
): Promise<Database> {
  const driver = await findDriver(place);
  const database = await driver.open(location, mode, place);
  return patienceMillis > 0 ? withPatience(database, patienceMillis) : database;
}
