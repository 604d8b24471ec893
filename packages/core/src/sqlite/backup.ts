import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FerretError, messageOf } from '../errors.js';
import { connect } from './reader/connection.js';

export interface BackupOptions {
  /** Replaces what has the name of the copy. Default false. */
  readonly force?: boolean;
  /** Gives up, and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** Result of `backupFile`. */
export interface Backup {
  /** Where the copy is. */
  readonly path: string;
  /** Its size, in bytes. */
  readonly bytes: number;
}

/**
 * Writes a whole copy of a Ferret file as it is at one moment, also while applications write to it. What is in the
 * `-wal` is in the copy, which needs none. The copy has mode 0600, and gets its name once it is complete. The file
 * itself stays as it is.
 *
 * @throws FerretError `FILE_EXISTS`, `INVALID_OPTION` where the copy would replace the file itself, and as
 *   `openReader`.
 */
export async function backupFile(file: string, to: string, options: BackupOptions = {}): Promise<Backup> {
  const { force = false, signal } = options;
  const path = resolve(to);
  const connection = await connect(file);
  const temporary = `${path}.${randomUUID()}.tmp`;
  const giveUp = () => rmSync(temporary, { force: true });
  signal?.addEventListener('abort', giveUp);
  try {
    await requireFree(file, path, force);
    // SQLite fills an empty file, and would make one with the umask's mode.
    await (await open(temporary, 'wx', 0o600)).close();
    signal?.throwIfAborted();
    await connection.copyTo(temporary);
    signal?.throwIfAborted();
    const bytes = await sync(temporary);
    await putInPlace(temporary, path, force);
    return { path, bytes };
  } catch (error) {
    throw error instanceof FerretError || signal?.aborted ? error : cannotWrite(path, error);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    await rm(temporary, { force: true });
    await connection.close();
  }
}

async function requireFree(file: string, to: string, force: boolean): Promise<void> {
  const found = await lstat(to).catch(() => undefined);
  const source = await realpath(file);
  const taken = ['', '-wal', '-shm', '-journal'].map((suffix) => source + suffix);
  if (taken.includes(await realpath(to).catch(() => to))) {
    throw new FerretError('INVALID_OPTION', `${to} belongs to the file that is copied. Give another path.`);
  }
  if (found === undefined) return;
  if (!force) throw exists(to);
  if (!found.isFile() && !found.isSymbolicLink()) {
    throw new FerretError('FILE_EXISTS', `${to} is no file that could be replaced. Give another path.`);
  }
}

async function sync(path: string): Promise<number> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** `rename` would replace what has got that name meanwhile; a hard link fails then. Not every file system has them. */
async function putInPlace(temporary: string, path: string, force: boolean): Promise<void> {
  if (force) return rename(temporary, path);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw exists(path);
    if (await stat(path).catch(() => undefined)) throw exists(path);
    await rename(temporary, path);
  }
}

function exists(path: string): FerretError {
  return new FerretError(
    'FILE_EXISTS',
    `${path} is there already. Give another path, or the option force (--force) to replace it.`,
  );
}

function cannotWrite(path: string, cause: unknown): FerretError {
  return new FerretError('FILE_UNREADABLE', `${path} cannot be written: ${messageOf(cause)}`, { cause });
}
