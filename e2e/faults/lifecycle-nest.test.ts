import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { message, start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { send } from '../traffic.js';
import { ENDED_WELL, expectSound } from './invariants.js';

const stacks = ['12', '11'].flatMap((version) =>
  ['express', 'fastify'].map((platform) => [version, platform] as const),
);

describe.each(stacks)('a Nest %s service on %s', (version, platform) => {
  const run = (end: string, database: string) =>
    start('nest.mjs', { NEST: version, PLATFORM: platform, END: end, OPTIONS: JSON.stringify({ database }) });

  const counts = (database: string) =>
    query(
      database,
      'SELECT name, outcome, count(*) AS count FROM ferret_spans_v1 GROUP BY 1, 2 ORDER BY count(*) DESC, name',
    );

  const traffic = [
    '/api/v1/nothing',
    ...Array.from({ length: 200 }, (_, index) => `/api/v1/t/t${index}/users/${index}`),
  ];

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '26 a. stores everything under %s, requests in flight included',
    async (signal) => {
      const database = temporaryFile();
      const child = run('signal', database);
      const { port } = await message<{ port: number }>(child);
      await send(port, traffic, 10);
      const answer = new Promise<number | undefined>((resolve) => {
        get({ port, path: '/api/v1/t/a/users/slow', agent: false }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
      });
      await message(child);
      child.process.kill(signal);
      expect(await answer).toBe(200);
      expect(await child.ended).toMatchObject({ code: null, signal, stderr: '' });
      expect(await counts(database)).toEqual([
        { name: 'GET /api/v1/t/:tenant/users/:id', outcome: 'ok', count: 200 },
        { name: 'SELECT user', outcome: 'ok', count: 200 },
        { name: 'GET', outcome: 'ok', count: 1 },
        { name: 'GET /api/v1/t/:tenant/users/slow', outcome: 'ok', count: 1 },
      ]);
      expect(await expectSound(database)).toMatchObject([{ started: 402, stored: 402, end_reason: signal }]);
    },
  );

  it('26 b. stores everything under app.close()', async () => {
    const database = temporaryFile();
    const child = run('close', database);
    const { port } = await message<{ port: number }>(child);
    await send(port, traffic, 10);
    child.process.send('close');
    expect(await message(child)).toEqual({ closed: true });
    // By now, not when the process ends.
    expect(await counts(database)).toEqual([
      { name: 'GET /api/v1/t/:tenant/users/:id', outcome: 'ok', count: 200 },
      { name: 'SELECT user', outcome: 'ok', count: 200 },
      { name: 'GET', outcome: 'ok', count: 1 },
    ]);
    expect(await child.ended).toMatchObject({ ...ENDED_WELL, stderr: '' });
    expect(await expectSound(database)).toMatchObject([{ started: 401, stored: 401, end_reason: 'close' }]);
  });

  it('26 c. dies of SIGTERM without shutdown hooks too, and loses nothing', async () => {
    const database = temporaryFile();
    const child = run('none', database);
    const { port } = await message<{ port: number }>(child);
    await send(port, traffic, 10);
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    expect(await expectSound(database)).toMatchObject([{ stored: 401, end_reason: 'SIGTERM' }]);
  });
});
