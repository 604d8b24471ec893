import { describe, expect, it } from 'vitest';
import { FerretError } from '../../errors.js';
import { explainFileError, explainSqliteError } from './explain-errors.js';

function errorWithCode(code: string): Error {
  return Object.assign(new Error(`${code}: what SQLite says`), { code });
}

const COPY_BOTH =
  'a.db has a -wal file beside it and lies in a directory that cannot be written to. ' +
  'Copy both files to a directory of your own and read them there.';

describe('explainSqliteError', () => {
  it.each([
    ['SQLITE_NOTADB', 'FILE_NOT_SQLITE', 'a.db is not an SQLite database, so not a Ferret file.'],
    ['SQLITE_CORRUPT', 'FILE_UNREADABLE', 'a.db is damaged: what SQLite says.'],
    ['SQLITE_BUSY', 'STORE_UNAVAILABLE', 'a.db is locked by another process. Try again.'],
    ['SQLITE_LOCKED', 'STORE_UNAVAILABLE', 'a.db is locked by another process. Try again.'],
    ['SQLITE_CANTOPEN', 'FILE_UNREADABLE', COPY_BOTH],
    ['SQLITE_READONLY', 'FILE_UNREADABLE', COPY_BOTH],
    ['SQLITE_IOERR', 'FILE_UNREADABLE', 'a.db cannot be read: what SQLite says.'],
  ])('turns %s into %s', (code, expectedCode, message) => {
    const cause = errorWithCode(code);
    expect(explainSqliteError('a.db', cause)).toMatchObject({ code: expectedCode, message, cause });
  });

  it('leaves other errors as they are', () => {
    const error = new FerretError('FILE_FOREIGN', 'x');
    expect(explainSqliteError('a.db', error)).toBe(error);
  });
});

describe('explainFileError', () => {
  it.each([
    ['ENOENT', 'FILE_NOT_FOUND', /^There is no file a\.db\./],
    ['ENOTDIR', 'FILE_NOT_FOUND', /^There is no file a\.db\./],
    ['EACCES', 'FILE_UNREADABLE', /^a\.db cannot be read: no permission\.$/],
    ['EPERM', 'FILE_UNREADABLE', /^a\.db cannot be read: no permission\.$/],
    ['ELOOP', 'FILE_UNREADABLE', /^a\.db cannot be read: ELOOP\.$/],
  ])('turns %s into %s', (code, expectedCode, message) => {
    expect(explainFileError('a.db', errorWithCode(code))).toMatchObject({ code: expectedCode, message });
  });

  it('copes with an error without a code', () => {
    expect(explainFileError('a.db', new Error('odd')).message).toBe('a.db cannot be read: Error: odd.');
  });
});
