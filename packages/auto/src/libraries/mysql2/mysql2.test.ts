import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { below } from '../request.fixture.js';
import { patchConnection } from './connection.js';
import { patchPool } from './pool.js';

/** A connection as mysql2's, as far as the instrumentation looks at it. */
class Connection {
  config = { host: 'db', port: '3306', database: 'shop' };
  _handshakePacket = { serverVersion: '8.4.0' };
  query(_sql: unknown, ...rest: unknown[]): unknown {
    const callback = rest.at(-1);
    if (typeof callback !== 'function') return new EventEmitter();
    callback(null, [{ id: 1 }, { id: 2 }]);
    return undefined;
  }
  execute(): unknown {
    return undefined;
  }
}
patchConnection(Connection);
const connection = new Connection();

it('ends a query with its callback', async () => {
  const seen: unknown[] = [];
  const spans = await below(() =>
    connection.query('SELECT id FROM users WHERE id < ?', [3], (_: null, rows: unknown) => seen.push(rows)),
  );
  expect(seen).toEqual([[{ id: 1 }, { id: 2 }]]);
  expect(spans).toMatchObject([
    {
      name: 'SELECT users',
      attributes: { 'db.system.name': 'mysql', 'server.port': 3306, 'db.response.returned_rows': 2 },
    },
  ]);
});

it('ends a query without a callback with its events, and hears an error without handling it', async () => {
  const spans = await below(() => {
    (connection.query('SELECT 1') as EventEmitter).emit('end');
    const failing = connection.query({ sql: 'SELEKT 1', values: null }) as EventEmitter;
    const error = Object.assign(new Error('secret'), { errno: 1064, sqlState: '42000' });
    expect(() => failing.emit('error', error)).toThrow(error);
  });
  expect(spans).toMatchObject([
    { name: 'SELECT', outcome: 'ok' },
    { name: 'SELEKT', outcome: 'error', errorType: '1064' },
  ]);
});

it('FAULTS 60: ends the span of a query at once whose answer has another shape', async () => {
  expect(await below(() => connection.execute())).toMatchObject([{ name: 'mysql', outcome: 'ok' }]);
});

it('has a span of a wait where no connection is free', async () => {
  class Pool {
    config = { connectionConfig: { socketPath: '/run/mysqld.sock' } };
    _freeConnections = [{}];
    getConnection(callback: (error: unknown) => void): void {
      callback(new Error('Pool is closed.'));
    }
  }
  patchPool(Pool);
  const pool = new Pool();
  expect(await below(() => pool.getConnection(() => {}))).toEqual([]);
  pool._freeConnections.pop();
  expect(await below(() => pool.getConnection(() => {}))).toMatchObject([
    { name: 'pool.connect mysql', outcome: 'error', attributes: { 'server.address': '/run/mysqld.sock' } },
  ]);
});
