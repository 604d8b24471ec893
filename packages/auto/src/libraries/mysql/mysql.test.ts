import { EventEmitter } from 'node:events';
import { currentSpan } from '@ferretjs/core';
import { describe, expect, it } from 'vitest';
import { below } from '../request.fixture.js';
import { patchConnection } from './connection.js';
import { patchPool } from './pool.js';

type Callback = (...answer: unknown[]) => void;

class Query extends EventEmitter {
  _callback: Callback | undefined;
}

/** A connection as that of mysql, as far as the instrumentation looks at it. */
class Connection {
  config = { host: 'db', port: 3306, database: 'shop' };
  _protocol = { _handshakeInitializationPacket: { serverVersion: '5.5.5-10.11.6-MariaDB' } };
  query(_sql: unknown, ...rest: unknown[]): Query {
    const callback = rest.at(-1);
    return Object.assign(new Query(), {
      _callback: typeof callback === 'function' ? (callback as Callback) : undefined,
    });
  }
}
patchConnection(Connection);
const connection = new Connection();

describe('a query', () => {
  it('ends with its callback, which runs in the context of the call', async () => {
    const seen: unknown[] = [];
    const spans = await below(() => {
      const span = currentSpan();
      const query = connection.query({ sql: 'SELECT id FROM users WHERE id < ?' }, [3], (...answer: unknown[]) => {
        seen.push(answer, currentSpan() === span);
      });
      query._callback?.(null, [{ id: 1 }, { id: 2 }]);
    });
    expect(seen).toEqual([[null, [{ id: 1 }, { id: 2 }]], true]);
    expect(spans).toMatchObject([
      {
        name: 'SELECT users',
        attributes: { 'db.system.name': 'mariadb', 'db.namespace': 'shop', 'db.response.returned_rows': 2 },
      },
    ]);
  });

  it('without a callback ends with its events, and an error is heard without being handled', async () => {
    const error = Object.assign(new Error('secret'), { errno: 1064, sqlState: '42000' });
    const spans = await below(() => {
      connection.query('SELECT 1').emit('end');
      expect(() => connection.query('SELEKT 1').emit('error', error)).toThrow(error);
    });
    expect(spans).toMatchObject([{ name: 'SELECT' }, { name: 'SELEKT', errorType: '1064' }]);
  });
});

describe('the library in another shape', () => {
  it.each([[{}], [{ prototype: {} }], [{ prototype: Object.freeze({ query() {}, getConnection() {} }) }]])(
    'is not patched: %o',
    (exports) => {
      expect(() => patchConnection(exports)).toThrow(TypeError);
      expect(() => patchPool(exports)).toThrow(TypeError);
    },
  );

  it('makes something else of a query: its span ends at once', async () => {
    class Mocked {
      query(): undefined {
        return undefined;
      }
    }
    patchConnection(Mocked);
    expect(await below(() => new Mocked().query())).toMatchObject([{ name: 'mysql', outcome: 'ok' }]);
  });
});

it('has one span of a wait, also where the pool asks once more for whoever waits', async () => {
  class Pool {
    config = { connectionConfig: { host: 'db' } };
    _freeConnections: unknown[] = [];
    queue: Callback[] = [];
    getConnection(callback: Callback): void {
      if (this._freeConnections.length > 0) callback(null, this._freeConnections.shift());
      else this.queue.push(callback);
    }
    releaseConnection(connection?: unknown): void {
      if (connection !== undefined) this._freeConnections.push(connection);
      const next = this.queue.shift();
      if (next !== undefined) this.getConnection(next);
    }
  }
  patchPool(Pool);
  const pool = new Pool();
  const seen: unknown[] = [];
  const spans = await below(() => {
    pool.getConnection((...answer) => seen.push(answer));
    // A connection was lost; then one comes back.
    pool.releaseConnection();
    pool.releaseConnection(connection);
  });
  expect(seen).toEqual([[null, connection]]);
  expect(spans).toMatchObject([{ name: 'pool.connect mysql', outcome: 'ok', attributes: { 'server.address': 'db' } }]);
});
