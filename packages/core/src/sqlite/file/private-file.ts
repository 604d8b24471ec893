import type { BigIntStats } from 'node:fs';
import { chmod, mkdir, readlink, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Report } from '../../diagnostics.js';
import { FerretError } from '../../errors.js';
import { isOurs, kindOf } from '../../open-safely.js';
import { lookAt } from './beside.js';

const PRIVATE_MODE = 0o600;
const OF_OTHERS = 0o077n;

/** As many links as Linux follows. */
const MAX_LINKS = 40;

/**
 * Makes sure that there is a file, and that it is this user's alone. SQLite would create it with the umask's mode, also
 * at the other end of a link; its `-wal` and `-shm` take over the mode that they find here.
 *
 * A file that is there is not opened: closing it would drop the locks this process may hold on it
 * (https://sqlite.org/howtocorrupt.html, 2.2). A file of another user is used as far as its mode allows.
 *
 * @returns the real path: SQLite looks there for what lies beside the file.
 * @throws FerretError `STORE_FAILED` where it is no regular file, or somebody else's link decides which file it is.
 */
export async function ensurePrivate(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const path = await followOwnLinks(file);
  try {
    await writeFile(path, '', { flag: 'wx', mode: PRIVATE_MODE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = await lookAt(path);
  if (found === undefined) return path; // Removed this very moment: SQLite will say so, or make it.
  if (!found.isFile()) throw new FerretError('STORE_FAILED', `${path} is ${kindOf(found)}, where a file is expected.`);
  return path;
}

async function followOwnLinks(file: string): Promise<string> {
  let path = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    path = join(await realpath(dirname(path)), basename(path));
    const found = await lookAt(path);
    if (found === undefined || !found.isSymbolicLink()) return path;
    if (!isOurs(found.uid) && found.uid !== 0n) {
      throw new FerretError('STORE_FAILED', `${path} is a link that another user made, and is not followed.`);
    }
    path = resolve(dirname(path), await readlink(path));
  }
  throw new FerretError('STORE_FAILED', `${file} leads through too many links.`);
}

/** To be called once the file has turned out to be usable: what cannot be opened has been reported as that. */
export async function reportExposed(path: string, report: Report): Promise<void> {
  const found = await lookAt(path);
  const reason = found && whyNotPrivate(found);
  if (reason !== undefined)
    report('FILE_NOT_PRIVATE', `${path} ${reason}: others can read or change what is recorded.`);
}

function whyNotPrivate({ uid, nlink }: BigIntStats): string | undefined {
  if (!isOurs(uid)) return `belongs to another user (uid ${uid})`;
  return nlink > 1n ? `has ${nlink} names in the file system` : undefined;
}

/** Takes from others what they may do with the file, and with what SQLite keeps beside it. */
export async function tightenModes(path: string, report: Report): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await tighten(path + suffix, report);
}

async function tighten(path: string, report: Report): Promise<void> {
  const found = await lookAt(path);
  if (!found?.isFile() || !isOurs(found.uid) || (found.mode & OF_OTHERS) === 0n || process.platform === 'win32') return;
  try {
    await chmod(path, Number(found.mode & 0o700n));
  } catch (error) {
    report(
      'FILE_NOT_PRIVATE',
      `${path} has the mode ${(found.mode & 0o777n).toString(8)}, which cannot be changed`,
      error,
    );
  }
}
