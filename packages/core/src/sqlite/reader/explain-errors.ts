import { FerretError } from '../../errors.js';
import { isSqliteError } from '../file/driver.js';

/** What the file system reports, in words that name the file. */
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

/** What SQLite reports, in words that name the file. Any other error stays what it is. */
export function explainSqliteError(file: string, error: unknown): unknown {
  if (!isSqliteError(error)) {
    return error;
  }
  const options = { cause: error };
  switch (error.code) {
    case 'SQLITE_NOTADB':
      return new FerretError('FILE_NOT_SQLITE', `${file} is not an SQLite database, so not a Ferret file.`, options);
    case 'SQLITE_CORRUPT':
      return new FerretError('FILE_UNREADABLE', `${file} is damaged: ${wordsOf(error.message)}.`, options);
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new FerretError('STORE_UNAVAILABLE', `${file} is locked by another process. Try again.`, options);
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
      return new FerretError(
        'FILE_UNREADABLE',
        `${file} has a -wal file beside it and lies in a directory that cannot be written to. ` +
          'Copy both files to a directory of your own and read them there.',
        options,
      );
    default:
      return new FerretError('FILE_UNREADABLE', `${file} cannot be read: ${wordsOf(error.message)}.`, options);
  }
}

/** SQLite's message without the name of its code, which the error has as its cause. */
function wordsOf(message: string): string {
  return message.replace(/^SQLITE_\w+: /, '');
}
