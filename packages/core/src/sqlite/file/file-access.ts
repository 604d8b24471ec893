import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const { R_OK, W_OK, X_OK } = constants;

/**
 * Whether the file system lets this process open a database and the files beside it. None of this takes a descriptor:
 * where it is so and SQLite cannot open the file even so, descriptors are missing (EMFILE, ENFILE), for which SQLite
 * has no code of its own.
 */
export async function mayBeOpened(file: string): Promise<boolean> {
  try {
    await access(dirname(file), W_OK | X_OK);
    for (const path of [file, `${file}-wal`, `${file}-shm`]) {
      if (!(await isWritableFile(path))) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** SQLite makes what is not there. */
async function isWritableFile(path: string): Promise<boolean> {
  try {
    await access(path, R_OK | W_OK);
    return (await stat(path)).isFile();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
