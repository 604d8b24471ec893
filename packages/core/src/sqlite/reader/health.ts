import { stat } from 'node:fs/promises';
import { mayLive } from '../../process/process-liveness.js';
import { SCHEMA_VERSION } from '../file/schema.js';
import { ATTACHED } from './attachment.js';
import type { Connection } from './connection.js';
import { explainFileError } from './explain-errors.js';
import { type Growth, readGrowth } from './growth.js';
import { type Orphans, readOrphans } from './orphans.js';
import { parseObject } from './stored-json.js';

export type { Growth, Orphans };

/** Figures of a file. */
export interface FileHealth {
  /** `PRAGMA user_version`. */
  readonly schemaVersion: number;
  /** The one that this version of Ferret writes. */
  readonly currentSchemaVersion: number;
  /** `PRAGMA application_id`. */
  readonly applicationId: number;
  /** Size of the file itself. */
  readonly bytes: number;
  /** Size of the `-wal` beside it, whose content is not in the file itself yet. */
  readonly walBytes: number;
  /** Size of pages that hold nothing, part of `bytes`. */
  readonly freeBytes: number;
  /** Whether free pages can be given back without a copy of the file. */
  readonly isIncrementallyVacuumed: boolean;
  /** The permission bits of the file. */
  readonly mode: number;
  readonly leases: readonly HeldLease[];
  /** Absent where no span is stored. */
  readonly growth?: Growth;
  readonly orphans: Orphans;
}

/** A task that one process does for all: `retention`, or the recovery of another process. */
export interface HeldLease {
  readonly name: string;
  readonly pid: number;
  readonly hostname: string;
  /** Microseconds since the epoch. */
  readonly expiresAtMicros: number;
  /** Whether the holder may still run. */
  readonly isAlive: boolean;
}

/** Figures of a file. Quick, and in flat memory, whatever its size. */
export async function readHealth(connection: Connection, file: string, nowMicros: number): Promise<FileHealth> {
  const { size, mode } = await statOf(file);
  const pageSize = await connection.pragma('page_size');
  const freePages = await connection.pragma('freelist_count');
  const pages = await connection.pragma('page_count');
  const schemaVersion = await connection.pragma('user_version');
  const growth = await readGrowth(connection, (pages - freePages) * pageSize);
  return {
    schemaVersion,
    currentSchemaVersion: SCHEMA_VERSION,
    applicationId: await connection.pragma('application_id'),
    bytes: size,
    walBytes: await stat(`${file}-wal`).then(
      (wal) => wal.size,
      () => 0,
    ),
    freeBytes: freePages * pageSize,
    isIncrementallyVacuumed: (await connection.pragma('auto_vacuum')) === 2,
    mode: mode & 0o777,
    leases: await readLeases(connection, nowMicros),
    ...(growth !== undefined && { growth }),
    orphans: await readOrphans(connection),
  };
}

/**
 * Returns the problems that SQLite finds in the file, a line each; none where it is sound. `full` also compares the
 * indexes with their tables, which takes several times as long.
 */
export async function checkIntegrity(connection: Connection, full: boolean): Promise<string[]> {
  const rows = await connection.all<Record<string, string>>(
    `PRAGMA ${ATTACHED}.${full ? 'integrity_check' : 'quick_check'}`,
  );
  const lines = rows.flatMap((row) => Object.values(row));
  return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
}

async function statOf(file: string): Promise<{ size: number; mode: number }> {
  return stat(file).catch((error: unknown) => {
    throw explainFileError(file, error);
  });
}

async function readLeases(connection: Connection, nowMicros: number): Promise<HeldLease[]> {
  const rows = await connection.all<{ name: string; holder: string; expires_at_us: number }>(
    'SELECT name, holder, expires_at_us FROM lease ORDER BY name',
  );
  return rows.map(({ name, holder, expires_at_us: expiresAtMicros }) => {
    const said = parseObject(holder);
    const by = {
      hostname: String(said.hostname ?? ''),
      pid: Number(said.pid) || 0,
      pidStart: typeof said.pidStart === 'string' ? said.pidStart : null,
    };
    return {
      name,
      pid: by.pid,
      hostname: by.hostname,
      expiresAtMicros,
      isAlive: mayLive(by, expiresAtMicros, nowMicros),
    };
  });
}
