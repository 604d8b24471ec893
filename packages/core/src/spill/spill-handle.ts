import { type FileHandle, lstat, open } from 'node:fs/promises';
import { isOurs, kindOf, OPEN_SAFELY } from '../open-safely.js';

/** Something has the name of a spill file and is none of ours. It is left exactly as it is. */
export class ForeignSpillError extends Error {}

/** The beginning of a spill file: a record, after empty lines perhaps. */
const RECORD = /^\n*[0-9a-f]{8} \{/;
const LOOK_BYTES = 64;

/**
 * Opens a spill file to read. Other users may have put anything under that name. So a link is not followed, a pipe not
 * waited for, and the kind, the owner and the number of names are checked on the open file.
 *
 * @throws ForeignSpillError
 */
export async function openSpill(file: string): Promise<FileHandle> {
  // Looks before it opens: some devices act when they are opened.
  const there = await lstat(file, { bigint: true });
  if (!there.isFile()) throw new ForeignSpillError(`it is ${kindOf(there)}`);
  const handle = await open(file, OPEN_SAFELY);
  try {
    const found = await handle.stat({ bigint: true });
    if (!found.isFile()) throw new ForeignSpillError(`it is ${kindOf(found)}`);
    if (!isOurs(found.uid)) throw new ForeignSpillError(`it belongs to another user (uid ${found.uid})`);
    if (found.nlink > 1n) throw new ForeignSpillError('it has a second name in the file system');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether a file begins as a spill file does, whole or torn. */
export async function beginsAsSpill(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOK_BYTES), 0, LOOK_BYTES, 0);
  return RECORD.test(buffer.toString('latin1', 0, bytesRead));
}
