import { currentSpan } from '@ferretjs/core';
import { expect, it } from 'vitest';
import { knex } from './knex.js';
import { below } from './request.fixture.js';

const [way] = knex.ways;
const patch = (exports: unknown) => {
  if (way?.how === 'hook') way.patch(exports, { name: 'knex', version: '3.0.0', directory: '' });
};

class Client {
  dialect = 'postgresql';
  pool = { free: [] as unknown[] };
  connectionSettings: object | undefined = { host: 'db', port: '5432', database: 'shop' };
  async acquireConnection(error?: Error): Promise<string> {
    if (error !== undefined) throw error;
    return 'connection';
  }
  getPoolSettings(): { create(): unknown } {
    return { create: () => currentSpan() };
  }
}
patch(Client);

it('has a span of a wait where no connection is free, and rejects with the very error', async () => {
  const client = new Client();
  const error = new Error('Knex: Timeout acquiring a connection.');
  const spans = await below(async () => {
    expect(await client.acquireConnection()).toBe('connection');
    await expect(client.acquireConnection(error)).rejects.toBe(error);
    client.pool.free.push({});
    await client.acquireConnection();
  });
  expect(spans).toMatchObject([
    {
      name: 'pool.connect postgresql',
      outcome: 'ok',
      attributes: { 'db.namespace': 'shop', 'server.address': 'db', 'server.port': 5432 },
    },
    { name: 'pool.connect postgresql', outcome: 'error' },
  ]);
});

it.each([
  ['mssql', { server: 'db', port: 1433 }, 'microsoft.sql_server'],
  ['sqlite3', { filename: ':memory:' }, 'sqlite'],
  ['a new one', undefined, 'other_sql'],
])('names the system of the dialect "%s"', async (dialect, connectionSettings, system) => {
  const client = Object.assign(new Client(), { dialect, connectionSettings });
  expect(await below(() => client.acquireConnection())).toMatchObject([{ name: `pool.connect ${system}` }]);
});

it('opens connections outside of the span that needs them', async () => {
  const seen: unknown[] = [];
  await below(() => seen.push(new Client().getPoolSettings().create(), currentSpan()));
  expect(seen).toEqual([undefined, expect.anything()]);
});

it('is not patched in another shape', () => {
  for (const exports of [{}, { prototype: {} }, { prototype: Object.freeze({ acquireConnection() {} }) }])
    expect(() => patch(exports)).toThrow(TypeError);
});
