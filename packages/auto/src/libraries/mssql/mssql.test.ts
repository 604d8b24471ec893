import { currentSpan } from '@ferretjs/core';
import { describe, expect, it } from 'vitest';
import type { Library } from '../../library.js';
import { below } from '../request.fixture.js';
import { mssql } from './mssql.js';
import { tedious } from './tedious.js';

type Callback = (...answer: unknown[]) => void;

function patchesOf({ name, ways }: Library): readonly ((exports: unknown) => void)[] {
  return ways.map((way) => (exports: unknown) => {
    if (way.how === 'hook') way.patch(exports, { name, version: '20.0.0', directory: '' });
  });
}

interface Request {
  sqlTextOrProcedure?: string;
  parameters?: readonly unknown[];
  table?: string;
  callback?: Callback;
}

/** A connection as that of tedious, which answers when it is told to. */
class Connection {
  config = { server: 'db', options: { port: 1433, database: 'shop' } };
  requests: Request[] = [];
  error: Error | undefined;
  isClosed = false;
  makeRequest(request: Request): void {
    if (this.isClosed) request.callback?.(Object.assign(new Error('closed'), { code: 'EINVALIDSTATE' }));
    if (this.error !== undefined) throw this.error;
    this.requests.push(request);
  }
  execSql(request: Request): void {
    this.makeRequest(request);
  }
  execute(request: Request, _values?: object): void {
    this.makeRequest(request);
  }
  callProcedure(request: Request): void {
    this.makeRequest(request);
  }
  prepare(request: Request): void {
    this.makeRequest(request);
  }
  unprepare(request: Request): void {
    this.makeRequest(request);
  }
  beginTransaction(callback: Callback): void {
    this.makeRequest({ callback });
  }
  commitTransaction(callback: Callback): void {
    this.makeRequest({ callback });
  }
  rollbackTransaction(callback: Callback): void {
    this.makeRequest({ callback });
  }
  saveTransaction(callback: Callback): void {
    this.makeRequest({ callback });
  }
  answer(...answer: unknown[]): void {
    const request = this.requests.shift();
    request?.callback?.(...answer);
  }
}
const [patchConnection] = patchesOf(tedious);
patchConnection?.({ default: Connection });

const SELECT = { sqlTextOrProcedure: 'SELECT id FROM users WHERE id = @id', parameters: [{ name: 'id', value: 7 }] };

describe('a request of tedious', () => {
  it('ends with its callback, which it gets back, and which runs in the context of the call', async () => {
    const connection = new Connection();
    const seen: unknown[] = [];
    const callback = (...answer: unknown[]) => seen.push(answer, currentSpan() !== undefined);
    const request = { ...SELECT, callback };
    const spans = await below(() => {
      connection.execSql(request);
      connection.answer(undefined, 1, []);
    });
    expect(request.callback).toBe(callback);
    expect(seen).toEqual([[undefined, 1, []], true]);
    expect(spans).toMatchObject([
      {
        name: 'SELECT users',
        attributes: {
          'db.system.name': 'microsoft.sql_server',
          'db.namespace': 'shop',
          'server.address': 'db',
          'server.port': 1433,
          'ferret.params': expect.any(Number),
        },
      },
    ]);
  });

  it('is named by its method where it has no SQL of its own', async () => {
    const connection = new Connection();
    const callback = () => {};
    const spans = await below(() => {
      connection.callProcedure({ sqlTextOrProcedure: 'dbo.find_users', callback });
      connection.prepare({ ...SELECT, callback });
      connection.execute({ ...SELECT, callback }, { id: 8 });
      connection.unprepare({ ...SELECT, callback });
      connection.beginTransaction(callback);
      connection.saveTransaction(callback);
      connection.rollbackTransaction(callback);
      connection.commitTransaction(callback);
      connection.makeRequest({ table: '[users]', callback });
      while (connection.requests.length > 0) connection.answer();
    });
    expect(spans.map(({ name }) => name)).toEqual([
      'EXECUTE dbo.find_users',
      'PREPARE',
      'SELECT users',
      'UNPREPARE',
      'BEGIN TRANSACTION',
      'SAVE TRANSACTION',
      'ROLLBACK TRANSACTION',
      'COMMIT TRANSACTION',
      'BULK users',
    ]);
  });

  it('that is made by the callback of one which fails at once is none of its kind', async () => {
    const connection = Object.assign(new Connection(), { isClosed: true });
    const spans = await below(() =>
      connection.beginTransaction(() => connection.execSql({ ...SELECT, callback() {} })),
    );
    expect(spans).toMatchObject([
      { name: 'BEGIN TRANSACTION', errorType: 'EINVALIDSTATE' },
      { name: 'SELECT users', errorType: 'EINVALIDSTATE' },
    ]);
  });

  it('fails with the number of the server, and keeps no message that may be any text', async () => {
    const connection = new Connection();
    const spans = await below(() => {
      for (const number of [208, 50_000]) {
        connection.execSql({ ...SELECT, callback() {} });
        connection.answer(Object.assign(new Error("Invalid object name 'secret'."), { number, code: 'EREQUEST' }));
      }
      const thrown = new Error('thrown');
      connection.error = thrown;
      const request = { ...SELECT, callback() {} };
      const { callback } = request;
      expect(() => connection.execSql(request)).toThrow(thrown);
      expect(request.callback).toBe(callback);
    });
    expect(spans).toMatchObject([
      { errorType: '208', attributes: { 'exception.message': 'Invalid object name' } },
      { errorType: '50000', attributes: { 'exception.message': '' } },
      { errorType: 'Error' },
    ]);
  });

  it('of another shape has no span that stays open, and goes on', async () => {
    const connection = new Connection();
    const spans = await below(() => {
      connection.makeRequest(undefined as never);
      connection.makeRequest(SELECT);
      Object.assign(connection, { config: null as never });
      connection.makeRequest({ ...SELECT });
    });
    expect(spans.map(({ name }) => name)).toEqual(['SELECT users', 'SELECT users']);
    expect(connection.requests).toHaveLength(3);
  });
});

it("has a span of a wait for mssql's pool, by which a connection is opened and tried", async () => {
  class ConnectionPool {
    config = { server: 'db', port: 1433, database: 'shop', validateConnection: true as boolean | string };
    pool = { free: [{}] };
    async acquire(): Promise<unknown> {
      return currentSpan();
    }
  }
  class TediousPool {
    _poolCreate(): unknown {
      return currentSpan();
    }
    _poolValidate(): unknown {
      return currentSpan();
    }
  }
  const [patchBase, patchTedious] = patchesOf(mssql);
  patchBase?.(ConnectionPool);
  patchTedious?.(TediousPool);
  const pool = new ConnectionPool();
  const spans = await below(async () => {
    await pool.acquire();
    pool.config.validateConnection = 'socket';
    await pool.acquire();
    pool.pool.free.pop();
    await pool.acquire();
    expect([new TediousPool()._poolCreate(), new TediousPool()._poolValidate()]).toEqual([undefined, undefined]);
  });
  const wait = {
    name: 'pool.connect microsoft.sql_server',
    attributes: { 'server.address': 'db', 'server.port': 1433 },
  };
  expect(spans).toMatchObject([wait, wait]);
});

it('is not patched in another shape', () => {
  for (const patch of [...patchesOf(mssql), ...patchesOf(tedious)])
    for (const exports of [{}, { prototype: {} }, { default: {} }]) expect(() => patch(exports)).toThrow(TypeError);
});
