import type { BigIntStats } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { isOurs, kindOf, OPEN_SAFELY } from '../../open-safely.js';
import { type FileHeader, readHeader } from './file-header.js';
import { APPLICATION_ID } from './schema.js';

/** Which file is behind a name, so that another one in its place is recognised; nothing where there is none. */
export async function identityOf(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file);
    return `${dev}:${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Files beside a database under the names that SQLite acts on by itself. Links are not followed. */
export interface Beside {
  readonly journal: BigIntStats | undefined;
  readonly wal: BigIntStats | undefined;
  readonly shm: BigIntStats | undefined;
}

/**
 * Looks without opening anything. @param path the real path of the database: SQLite follows links before it looks
 * beside.
 */
export async function lookBeside(path: string): Promise<Beside> {
  const [journal, wal, shm] = await Promise.all(
    (['-journal', '-wal', '-shm'] as const).map((suffix) => lookAt(path + suffix)),
  );
  return { journal, wal, shm };
}

/** Returns the stats of what has a name, links not followed; `undefined` if nothing has it. */
export async function lookAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Says why SQLite must not open a database with what lies beside it.
 *
 * A rollback journal makes SQLite overwrite the database, and delete the journal and any file that it names as its
 * super-journal. A Ferret file is written with a `-wal`, so a journal with something in it is not Ferret's; only a file
 * of the option `journal: 'truncate'` has one. An empty one is what `journal: 'truncate'` leaves, and says nothing.
 *
 * @param mode `read`: SQLite opens the file read-only, and then never applies a journal.
 * @returns nothing where it may be opened.
 */
export async function whyNotToOpen(
  path: string,
  { journal, wal, shm }: Beside,
  mode: 'read' | 'write',
): Promise<string | undefined> {
  const parts = { '-journal': journal, '-wal': wal, ...(mode === 'write' && { '-shm': shm }) };
  for (const [suffix, found] of Object.entries(parts)) {
    if (found !== undefined && !found.isFile()) return `${path}${suffix} is ${kindOf(found)}. Move it away`;
  }
  if (journal === undefined || journal.size === 0n) return undefined;
  if (readHeader(path)?.format === 'rollback' || (await isJustBegun(path, journal))) {
    return mode === 'read' ? undefined : whyNotToTrust(`${path}-journal`, journal);
  }
  return (
    `${path}-journal lies beside it, a rollback journal that Ferret did not write: SQLite would apply it to the file, and delete ` +
    'it and any file that it names. Move it away'
  );
}

/** Returns the journal mode of the file, where a journal beside it makes that worth a look. */
export function formatBeside(path: string, { journal }: Beside): FileHeader['format'] | undefined {
  return journal === undefined ? undefined : readHeader(path)?.format;
}

/**
 * Whether a journal of ours waits to be applied, which only a writer may do: a process ended in the middle of a change.
 */
export async function hasJournalOfOurs(file: string): Promise<boolean> {
  const path = await realpath(file).catch(() => undefined);
  if (path === undefined) return false;
  const { journal } = await lookBeside(path);
  if (journal === undefined || journal.size === 0n) return false;
  const header = readHeader(path);
  const isOfOurFile = header?.format === 'rollback' && header.applicationId === APPLICATION_ID;
  return isOfOurFile || isJustBegun(path, journal);
}

/**
 * Whether a journal belongs to the first changes of a new file, which are made before the file has an application id or
 * a `-wal`: the file has one page, and had one at most when the change began. There is nothing to lose.
 */
async function isJustBegun(path: string, { ino }: BigIntStats): Promise<boolean> {
  const [{ size }, header] = [await stat(path), readHeader(path)];
  if (header === undefined || size !== header.pageBytes) return false;
  const handle = await open(`${path}-journal`, OPEN_SAFELY).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const start = Buffer.alloc(JOURNAL_PAGES_OFFSET + 4);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const isWhole = bytesRead === start.length && (await handle.stat({ bigint: true })).ino === ino;
    const hasMagic = start.subarray(0, JOURNAL_MAGIC.length).equals(JOURNAL_MAGIC);
    return isWhole && hasMagic && start.readUInt32BE(JOURNAL_PAGES_OFFSET) <= 1;
  } finally {
    await handle.close();
  }
}

/** Where a journal says how many pages the file had: https://sqlite.org/fileformat.html#the_rollback_journal. */
const JOURNAL_PAGES_OFFSET = 16;

/**
 * https://sqlite.org/fileformat.html#the_rollback_journal: a super-journal's name is followed by its length, a sum and
 * this.
 */
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex');

/** Checks a journal that may be ours: it must be a file of this user alone that names no other. */
async function whyNotToTrust(journal: string, { uid, nlink, ino }: BigIntStats): Promise<string | undefined> {
  if (!isOurs(uid) || nlink > 1n) return `${journal} belongs to another user, or has another name. Move it away`;
  const handle = await open(journal, OPEN_SAFELY).catch(() => undefined);
  if (handle === undefined) return undefined; // It has gone: the transaction is over.
  try {
    const found = await handle.stat({ bigint: true });
    if (found.ino !== ino) return `${journal} was replaced while it was looked at. Try again`;
    const tail = Buffer.alloc(JOURNAL_MAGIC.length);
    await handle.read(tail, 0, tail.length, Math.max(0, Number(found.size) - tail.length));
    if (!tail.equals(JOURNAL_MAGIC)) return undefined;
    return `${journal} names another file, which SQLite would delete. Move it away`;
  } finally {
    await handle.close();
  }
}
