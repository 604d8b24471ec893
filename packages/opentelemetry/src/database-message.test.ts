import { describe, expect, it } from 'vitest';
import { exceptionWithoutValues, messageWithoutValues } from './database-message.js';

describe('the message of a database', () => {
  it.each([
    [
      'duplicate key value violates unique constraint "users_email_key"',
      'duplicate key value violates unique constraint',
    ],
    ["Duplicate entry 'canary' for key 'email'", 'Duplicate entry'],
    ['value 4711 is out of range', 'value'],
    ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'],
    ['connect ETIMEDOUT\ncanary', 'connect ETIMEDOUT'],
    ['', ''],
    [undefined, ''],
  ])('"%s" is kept as far as it has no value', (message, kept) => {
    expect(messageWithoutValues(message, 'mysql')).toBe(kept);
  });

  it('is left out where it may be any text', () => {
    expect(messageWithoutValues('ERR canary words', 'redis')).toBe('');
    expect(messageWithoutValues('connect ECONNREFUSED 127.0.0.1:6379', 'redis')).toBe(
      'connect ECONNREFUSED 127.0.0.1:6379',
    );
  });

  it('takes nothing along in the stack', () => {
    const stack = 'Error: bad "canary"\n    at canary\n    at f (file.js:1:1)';
    expect(
      exceptionWithoutValues(
        { 'exception.message': 'bad "canary"\n    at canary', 'exception.stacktrace': stack, canary: 1 },
        'mysql',
      ),
    ).toEqual({ 'exception.message': 'bad', 'exception.stacktrace': 'Error: bad\n    at f (file.js:1:1)' });
    expect(exceptionWithoutValues({ 'exception.type': 'X', 'exception.stacktrace': stack }, 'mysql')).toEqual({
      'exception.type': 'X',
      'exception.stacktrace': 'X: ',
    });
    expect(exceptionWithoutValues({ 'exception.message': 'other', 'exception.stacktrace': stack }, 'mysql')).toEqual({
      'exception.message': 'other',
      'exception.stacktrace': 'Error: other',
    });
  });
});
