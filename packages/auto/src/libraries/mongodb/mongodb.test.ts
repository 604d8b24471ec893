import { currentSpan } from '@ferretjs/core';
import { describe, expect, it } from 'vitest';
import { below } from '../request.fixture.js';
import { patchCallbackConnection, patchConnection } from './connection.js';
import { patchPool } from './pool.js';
import { codeIn } from './reply.js';
import { patchTopology } from './topology.js';

const FIND = { find: 'users', filter: { name: 'secret' } };
const NAMESPACE = { db: 'shop' };

/** A connection as the driver's, which gives the answer that it is given. */
class Connection {
  address = '[::1]:27017';
  async command(_namespace: unknown, _command: unknown, answer: unknown): Promise<unknown> {
    if (answer instanceof Error) throw answer;
    return answer;
  }
}
patchConnection({ Connection });

describe('a command', () => {
  it('is a span by its operation and its collection, without anything of its values', async () => {
    const connection = new Connection();
    const answer = { ok: 1 };
    const spans = await below(async () => {
      expect(await connection.command(NAMESPACE, FIND, answer)).toBe(answer);
    });
    expect(spans).toEqual([
      {
        name: 'find users',
        outcome: 'ok',
        errorType: undefined,
        attributes: {
          'db.system.name': 'mongodb',
          'db.namespace': 'shop',
          'server.address': '::1',
          'server.port': 27_017,
          'db.operation.name': 'find',
          'db.collection.name': 'users',
          'ferret.params': expect.any(Number),
        },
      },
    ]);
  });

  it.each([
    [{ getMore: 5n, collection: 'users' }, 'getMore users'],
    [{ aggregate: 1, pipeline: [] }, 'aggregate'],
    [{ createUser: 'secret' }, 'createUser'],
    [{ 'a secret': 1 }, 'mongodb'],
    [{ find: { $secret: 1 } }, 'find'],
    [{}, 'mongodb'],
  ])('%o is named "%s"', async (command, name) => {
    expect((await below(() => new Connection().command(NAMESPACE, command, {})))[0]?.name).toBe(name);
  });

  it('is no span where the driver sends it of its own accord, or outside of any span', async () => {
    await new Connection().command(NAMESPACE, FIND, {});
    const own = [{ hello: 1 }, { saslStart: 1, payload: 'secret' }, { endSessions: [] }];
    expect(await below(() => Promise.all(own.map((each) => new Connection().command({}, each, {}))))).toEqual([]);
    expect(await below(() => new Connection().command(NAMESPACE, undefined, {}))).toEqual([]);
  });

  it('fails with the code of the server, and rejects with the very error', async () => {
    const error = Object.assign(new Error('secret'), { code: 11_000 });
    const spans = await below(() => expect(new Connection().command(NAMESPACE, FIND, error)).rejects.toBe(error));
    expect(spans).toMatchObject([{ outcome: 'error', errorType: '11000', attributes: { 'exception.message': '' } }]);
  });

  it('fails where a reply that is ok has errors of writes', async () => {
    const answer = { ok: 1, writeErrors: [{ code: 11_000, errmsg: 'secret' }] };
    const spans = await below(() =>
      new Connection().command(NAMESPACE, { insert: 'users', documents: [1, 2] }, answer),
    );
    expect(spans).toMatchObject([{ errorType: '11000', attributes: { 'db.operation.batch.size': 2 } }]);
  });
});

describe('a command that answers to a callback', () => {
  class OldConnection {
    address = 'no address';
    command(
      _namespace: unknown,
      _command: unknown,
      options: { error?: Error },
      callback: (...answer: unknown[]) => void,
    ) {
      setImmediate(() => callback.call(options, options.error, { ok: 1 }));
    }
  }
  patchCallbackConnection({ Connection: OldConnection });

  it('ends with it, and gives it back the context of the call', async () => {
    const seen: unknown[] = [];
    const run = (options: object) =>
      new Promise<void>((resolve) => {
        const span = currentSpan();
        new OldConnection().command(NAMESPACE, FIND, options, function (this: unknown, ...answer: unknown[]) {
          seen.push(this === options, currentSpan() === span, answer);
          resolve();
        });
      });
    const error = Object.assign(new Error('secret'), { code: 2 });
    const spans = await below(async () => {
      await run({});
      await run({ error });
    });
    expect(seen).toEqual([true, true, [undefined, { ok: 1 }], true, true, [error, { ok: 1 }]]);
    expect(spans).toMatchObject([{ outcome: 'ok' }, { errorType: '2' }]);
  });
});

describe('the driver in another shape', () => {
  it.each([
    [undefined],
    [{}],
    [{ Connection: class {} }],
    [{ Connection: { prototype: Object.freeze({ command() {} }) } }],
    [{ Connection: { prototype: { command: 'mocked' } } }],
  ])('is not patched: %o', (exports) => {
    expect(() => patchConnection(exports)).toThrow(TypeError);
    expect(() => patchPool(exports)).toThrow(TypeError);
    expect(() => patchTopology(exports)).toThrow(TypeError);
  });

  it('answers with something else than a promise: the span ends at once', async () => {
    class Mocked {
      command(): string {
        return 'mocked';
      }
    }
    patchConnection({ Connection: Mocked });
    const mocked: { command(...args: unknown[]): unknown } = new Mocked();
    const spans = await below(() => expect(mocked.command(NAMESPACE, FIND)).toBe('mocked'));
    expect(spans).toMatchObject([{ name: 'find users', outcome: 'ok' }]);
  });
});

it('waits for a connection, and for a server, where there is none', async () => {
  class ConnectionPool {
    options = { hostAddress: { host: 'db.example.com', port: 27_018 } };
    availableConnectionCount = 0;
    async checkOut(connection: Connection): Promise<Connection> {
      return connection;
    }
  }
  class Topology {
    description = { hasKnownServers: false };
    async selectServer(): Promise<void> {
      throw new Error('Server selection timed out after 30000 ms');
    }
  }
  patchPool({ ConnectionPool });
  patchTopology({ Topology });
  const spans = await below(async () => {
    const connection = await new ConnectionPool().checkOut(new Connection());
    await connection.command(NAMESPACE, FIND, {});
    await Object.assign(new ConnectionPool(), { availableConnectionCount: 1 }).checkOut(connection);
    await new Topology().selectServer().catch(() => {});
  });
  const server = { 'server.address': 'db.example.com', 'server.port': 27_018 };
  expect(spans).toMatchObject([
    { name: 'pool.connect mongodb', attributes: server },
    { name: 'find users', attributes: server },
    { name: 'connect mongodb', outcome: 'error' },
  ]);
});

it('finds the code of a write in replies that are read field by field, and in none of another shape', () => {
  const lazy = (fields: Readonly<Record<string | number, unknown>>): object => ({
    get: (name: string | number) => fields[name] ?? null,
    getNumber: (name: string) => fields[name] ?? null,
  });
  expect(codeIn(lazy({ writeErrors: lazy({ 0: lazy({ code: 11_000 }) }) }))).toBe('11000');
  expect(codeIn(lazy({ writeConcernError: lazy({ code: 64 }) }))).toBe('64');
  expect(codeIn(lazy({ ok: 1 }))).toBeUndefined();
  for (const reply of [null, 1, 'a', {}, { writeErrors: {} }, { get: 1 }, { get: () => 1, getNumber: () => 1 }])
    expect(codeIn(reply)).toBeUndefined();
});
