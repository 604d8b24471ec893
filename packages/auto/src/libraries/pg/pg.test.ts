import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { below } from '../request.fixture.js';
import { patchClient } from './client.js';
import { patchPool } from './pool.js';
import { patchQuery } from './query-end.js';

/** Clients as pg's, as far as the instrumentation looks at them. */
function clientOf(options: { readonly isKnown?: boolean; readonly isEnding?: boolean } = {}) {
  class Query extends EventEmitter {
    callback: ((error?: unknown, result?: unknown) => void) | undefined;
    _result = { command: 'SELECT', rowCount: 2 };
    constructor(readonly text: string) {
      super();
    }
    handleError(error: unknown) {
      this.callback?.(error);
    }
    handleReadyForQuery() {
      this.callback?.(undefined, 'rows');
    }
  }
  class Client {
    host = '/var/run/postgresql';
    port = 5432;
    database = 'shop';
    _ending = options.isEnding ?? false;
    declare queue: Query[];
    constructor() {
      this.queue = [];
      if (options.isKnown ?? true) Object.assign(this, { _queryQueue: this.queue, _activeQuery: null });
    }
    query(text: string, callback?: (error: unknown, result: unknown) => void): unknown {
      if (text === 'THROW') throw new TypeError('no such query');
      const query = new Query(text);
      this.queue.push(query);
      if (callback === undefined) return new Promise((resolve) => (query.callback = (_, result) => resolve(result)));
      query.callback = callback;
      if (text === 'FAIL') query.handleError(Object.assign(new Error('at once'), { code: '42601' }));
      return undefined;
    }
    connect() {
      return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    }
  }
  patchClient(Client);
  patchQuery(Query);
  return new Client();
}

describe('queries of pg', () => {
  it('end with the answer, and a callback runs in the context of the call', async () => {
    const client = clientOf();
    const spans = await below(async () => {
      const answer = client.query('SELECT 1');
      client.queue.pop()?.handleReadyForQuery();
      expect(await answer).toBe('rows');
    });
    expect(spans).toMatchObject([
      {
        name: 'SELECT',
        outcome: 'ok',
        attributes: { 'db.response.returned_rows': 2, 'server.address': '/var/run/postgresql', 'db.namespace': 'shop' },
      },
    ]);
    expect(spans[0]?.attributes).not.toHaveProperty('server.port');
  });

  it('end with an error that comes before the call returns', async () => {
    const client = clientOf();
    const spans = await below(() => {
      client.query('FAIL', () => {});
      expect(() => client.query('THROW')).toThrow(TypeError);
    });
    expect(spans).toMatchObject([
      { name: 'FAIL', outcome: 'error', errorType: '42601' },
      { name: 'THROW', outcome: 'error', errorType: 'TypeError' },
    ]);
  });

  it('of a client that is ending have failed', async () => {
    const client = clientOf({ isEnding: true });
    expect(await below(() => void client.query('SELECT 1'))).toMatchObject([
      { outcome: 'error', errorType: 'NotSent' },
    ]);
  });

  it('FAULTS 60: of a client of another shape work, and have a span that ends at once', async () => {
    const client = clientOf({ isKnown: false });
    const spans = await below(async () => {
      const answer = client.query('SELECT 1');
      client.queue.pop()?.handleReadyForQuery();
      expect(await answer).toBe('rows');
    });
    expect(spans).toMatchObject([{ name: 'SELECT', outcome: 'ok' }]);
  });

  it('leave no span outside of any request', async () => {
    const client = clientOf();
    const answer = client.query('SELECT 1');
    client.queue.pop()?.handleReadyForQuery();
    expect(await answer).toBe('rows');
  });

  it('leave a rejection of connect() unhandled, should nobody handle it', async () => {
    const client = clientOf();
    const spans = await below(() => expect(client.connect()).rejects.toThrow('refused'));
    expect(spans).toMatchObject([{ name: 'connect postgresql', errorType: 'ECONNREFUSED' }]);
  });
});

describe('a pool of pg', () => {
  it('has a span only where nobody is free', async () => {
    class Pool {
      options = { host: 'db', port: 1, database: 'shop' };
      idleCount = 1;
      waitingCount = 0;
      connect(callback: (error: unknown, client?: unknown) => void): void {
        callback(undefined, { host: 'db-2', port: 2, database: 'shop' });
      }
    }
    patchPool(Pool);
    const pool = new Pool();
    expect(await below(() => pool.connect(() => {}))).toEqual([]);
    pool.waitingCount = 1;
    expect(await below(() => pool.connect(() => {}))).toMatchObject([
      { name: 'pool.connect postgresql', attributes: { 'server.address': 'db-2', 'server.port': 2 } },
    ]);
  });
});
