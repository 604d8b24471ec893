import { stat } from 'node:fs/promises';
import { mayLive } from '../../process/process-liveness.js';
import { SCHEMA_VERSION } from '../file/schema.js';
import type { Connection } from './connection.js';
import { explainFileError } from './explain-errors.js';
import { type Growth, readGrowth } from './growth.js';
import { type Orphans, readOrphans } from './orphans.js';

export type { Growth, Orphans };

/** What a file is like, in figures. */
export interface FileHealth {
  /** `PRAGMA user_version`. */
  readonly schemaVersion: number;
  /** The one that this version of Ferret writes. */
  readonly currentSchemaVersion: number;
  /** `PRAGMA application_id`. */
  readonly applicationId: number;
  /** Of the file itself. */
  readonly bytes: number;
  /** Of the `-wal` beside it: what is not in the file itself yet. */
  readonly walBytes: number;
  /** Of pages that hold nothing, part of `bytes`. */
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

/** What one process does for all: `retention`, or the recovery of another. */
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
  const pageSize = await pragma(connection, 'page_size');
  const freePages = await pragma(connection, 'freelist_count');
  const pages = await pragma(connection, 'page_count');
  const schemaVersion = await pragma(connection, 'user_version');
  const growth = await readGrowth(connection, (pages - freePages) * pageSize);
  return {
    schemaVersion,
    currentSchemaVersion: SCHEMA_VERSION,
    applicationId: await pragma(connection, 'application_id'),
    bytes: size,
    walBytes: await stat(`${file}-wal`).then(
      (wal) => wal.size,
      () => 0,
    ),
    freeBytes: freePages * pageSize,
    isIncrementallyVacuumed: (await pragma(connection, 'auto_vacuum')) === 2,
    mode: mode & 0o777,
    // The first version had neither leases nor local roots among open spans.
    leases: schemaVersion < 2 ? [] : await readLeases(connection, nowMicros),
    ...(growth !== undefined && { growth }),
    orphans: await readOrphans(connection),
  };
}

/**
 * What SQLite finds wrong with the file, a line each; none where it is sound. `full` also compares the indexes with their
 * tables, which takes several times as long.
 */
export async function checkIntegrity(connection: Connection, full: boolean): Promise<string[]> {
  const rows = await connection.all<Record<string, string>>(`PRAGMA ${full ? 'integrity_check' : 'quick_check'}`);
  const lines = rows.flatMap((row) => Object.values(row));
  return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
}

async function statOf(file: string): Promise<{ size: number; mode: number }> {
  return stat(file).catch((error: unknown) => {
    throw explainFileError(file, error);
  });
}

async function pragma(connection: Connection, name: string): Promise<number> {
  const [row] = await connection.all<Record<string, number>>(`PRAGMA ${name}`);
  return row?.[name] ?? 0;
}

async function readLeases(connection: Connection, nowMicros: number): Promise<HeldLease[]> {
  const rows = await connection.all<{ name: string; holder: string; expires_at_us: number }>(
    'SELECT name, holder, expires_at_us FROM lease ORDER BY name',
  );
  return rows.map(({ name, holder, expires_at_us: expiresAtMicros }) => {
    const by = JSON.parse(holder) as { hostname: string; pid: number; pidStart: string | null };
    return {
      name,
      pid: by.pid,
      hostname: by.hostname,
      expiresAtMicros,
      isAlive: mayLive(by, expiresAtMicros, nowMicros),
    };
  });
}
