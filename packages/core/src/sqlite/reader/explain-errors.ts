import { FerretError } from '../../errors.js';
import { isSqliteError } from '../file/driver.js';

/** To be said of a file that holds nothing. */
export const IF_COPIED =
  'If this is a copy of a file in use, its -wal is missing: copy that too, or use "ferret backup".';

/** Turns an error of the file system into words that name the file. */
export function explainFileError(file: string, error: unknown): FerretError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FerretError(
      'FILE_NOT_FOUND',
      `There is no file ${file}. An app with Ferret writes it while it runs (ferret.db in its working directory, ` +
        'or where the option "database" says). Run the app first, or give the path of its file.',
      { cause: error },
    );
  }
  const reason = code === 'EACCES' || code === 'EPERM' ? 'no permission' : code;
  return new FerretError('FILE_UNREADABLE', `${file} cannot be read: ${reason}.`, { cause: error });
}

/** Turns an error of SQLite into words that name the file. Any other error stays what it is. */
export function explainSqliteError(file: string, error: unknown): unknown {
  if (!isSqliteError(error)) {
    return error;
  }
  const options = { cause: error };
  switch (error.code) {
    case 'not-a-database':
      return new FerretError('FILE_NOT_SQLITE', `${file} is not an SQLite database, so not a Ferret file.`, options);
    case 'damaged':
      return new FerretError('FILE_UNREADABLE', `${file} is damaged: ${error.message}.`, options);
    case 'busy':
      return new FerretError('STORE_UNAVAILABLE', `${file} is locked by another process. Try again.`, options);
    case 'cannot-open':
    case 'read-only':
      return new FerretError(
        'FILE_UNREADABLE',
        `${file} cannot be read now: a process that writes to it ended in the middle of a change, or does not let others ` +
          'read its -wal or -shm. Start the application again, or run "ferret recover".',
        options,
      );
    default:
      return new FerretError('FILE_UNREADABLE', `${file} cannot be read: ${error.message}.`, options);
  }
}
