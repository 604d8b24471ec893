import { describe, expect, it } from 'vitest';
import { FerretError } from '../../errors.js';
import { SqliteError, type SqliteErrorCode } from '../file/driver.js';
import { explainFileError, explainSqliteError } from './explain-errors.js';

function errorWithCode(code: string): Error {
  return Object.assign(new Error(`${code}: what SQLite says`), { code });
}

const NOT_NOW =
  'a.db cannot be read now: a process that writes to it ended in the middle of a change, or does not let others ' +
  'read its -wal or -shm. Start the application again, or run "ferret recover".';

describe('explainSqliteError', () => {
  it.each<[SqliteErrorCode, string, string]>([
    ['not-a-database', 'FILE_NOT_SQLITE', 'a.db is not an SQLite database, so not a Ferret file.'],
    ['damaged', 'FILE_UNREADABLE', 'a.db is damaged: what SQLite says.'],
    ['busy', 'STORE_UNAVAILABLE', 'a.db is locked by another process. Try again.'],
    ['cannot-open', 'FILE_UNREADABLE', NOT_NOW],
    ['read-only', 'FILE_UNREADABLE', NOT_NOW],
    ['io', 'FILE_UNREADABLE', 'a.db cannot be read: what SQLite says.'],
  ])('turns %s into %s', (code, expectedCode, message) => {
    const cause = new SqliteError(code, 'what SQLite says');
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
