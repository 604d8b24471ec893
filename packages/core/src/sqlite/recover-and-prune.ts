import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { OnDiagnostic, Report } from '../diagnostics.js';
import { FerretError } from '../errors.js';
import { identifyProcess } from '../process/process-identity.js';
import { findSpillFiles } from '../spill/spill-file.js';
import { hasJournalOfOurs } from './file/beside.js';
import { type Database, type Place, type PlaceOptions, placeOf } from './file/driver.js';
import { openForWriting } from './file/file.js';
import { connect } from './reader/connection.js';
import { explainSqliteError } from './reader/explain-errors.js';
import { type LeftSpill, type Recovery, recover } from './recovery/recovery.js';
import { pruneRouteMinutes } from './retention/route-minute-retention.js';
import { pruneChunk, pruneGone } from './retention/span-retention.js';
import { pruneStrings } from './retention/string-retention.js';

export type { LeftSpill, Recovery };

export interface MaintenanceOptions extends PlaceOptions {
  /** Called with each problem and its reason. Default: problems are not reported. */
  readonly onDiagnostic?: OnDiagnostic;
}

/** Result of `pruneFile`. */
export interface Pruned {
  /** Spans deleted. */
  readonly spans: number;
  /** Size of the file and of its `-wal`, in bytes. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Takes in the spill files that dead processes left beside a database, and makes the spans they had open `interrupted`
 * ones. What an application with Ferret does itself when it opens the file. The database is created if only spill files
 * are there.
 *
 * @throws FerretError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `FILE_FOREIGN`, `FILE_NEWER`, `FILE_OLDER`,
 *   `FILE_NOT_SQLITE`, `DRIVER_MISSING`
 */
export async function recoverFile(file: string, options: MaintenanceOptions = {}): Promise<Recovery> {
  const path = resolve(file);
  const place = placeOf(options);
  try {
    await requireFerretFile(file, place);
  } catch (error) {
    // The process may have ended before it had stored anything.
    const isBlank = error instanceof FerretError && (error.code === 'FILE_EMPTY' || error.code === 'FILE_NOT_FOUND');
    if (!isBlank || (await findSpillFiles(path)).length === 0) throw error;
  }
  // Each of them, and not one a minute as an application wants them: a tool says of every file why it was left.
  const report: Report = (code, message, cause) => options.onDiagnostic?.({ code, message, cause, suppressed: 0 });
  return withDatabase(path, place, report, (database) =>
    recover(database, path, identifyProcess(randomUUID(), 'ferret', {}), report),
  );
}

/**
 * Deletes what is older or more than this, and gives the room back to the file system. Applications may go on writing.
 *
 * @param limits An age, a size, or both. Nothing given, nothing is deleted.
 * @throws FerretError as `recoverFile`, and `INVALID_OPTION`
 */
export async function pruneFile(
  file: string,
  limits: { readonly maxAgeDays?: number; readonly maxSizeMegabytes?: number },
  options: PlaceOptions = {},
): Promise<Pruned> {
  const { maxAgeDays = Number.POSITIVE_INFINITY, maxSizeMegabytes = Number.POSITIVE_INFINITY } = limits;
  for (const [name, value] of Object.entries({ maxAgeDays, maxSizeMegabytes })) {
    if (!(value >= 0)) throw new FerretError('INVALID_OPTION', `${name} is ${value}, and must be a number, 0 or more.`);
  }
  const place = placeOf(options);
  await requireFerretFile(file, place);
  const path = resolve(file);
  const bounds = { maxAgeMicros: maxAgeDays * 24 * 60 * 60 * 1_000_000, maxBytes: maxSizeMegabytes * 1024 * 1024 };
  const bytesBefore = await sizeOf(path);
  const spans = await withDatabase(
    path,
    place,
    () => {},
    async (database) => {
      let deleted = 0;
      for (let hasMore = true; hasMore; ) {
        const chunk = await pruneChunk(database, bounds);
        deleted += chunk.deleted;
        hasMore = chunk.hasMore;
        if (chunk.hasTurned) for await (const _ of pruneStrings(database));
      }
      for await (const _ of pruneRouteMinutes(database, bounds));
      for await (const _ of pruneStrings(database));
      await pruneGone(database, bounds);
      await database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
      return deleted;
    },
  );
  return { spans, bytesBefore, bytesAfter: await sizeOf(path) };
}

/** Checked as a reader would: what is no Ferret file is refused here, not moved aside. */
async function requireFerretFile(file: string, place: Place): Promise<void> {
  try {
    await (await connect(file, place)).close();
  } catch (error) {
    const isUnreadable = error instanceof FerretError && error.code === 'FILE_UNREADABLE';
    if (!isUnreadable || !(await hasJournalOfOurs(file))) throw error;
  }
}

async function withDatabase<T>(
  path: string,
  place: Place,
  report: Report,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  let database: Database | undefined;
  try {
    database = await openForWriting(path, 'normal', report, 'as-is', place);
    return await work(database);
  } catch (error) {
    throw explainSqliteError(path, error);
  } finally {
    await database?.close();
  }
}

/** A `-wal` holds what has not reached the file yet: either alone says little about the room they take. */
async function sizeOf(path: string): Promise<number> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((part) =>
      stat(part).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
