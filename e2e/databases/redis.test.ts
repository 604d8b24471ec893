import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../services/program.js';
import { redis } from '../services/redis.js';
import { expectNoValue, namesOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

const matrix = [
  { client: 'ioredis', name: 'ioredis' },
  { client: 'ioredis', name: 'ioredis-5' },
  { client: 'ioredis', name: 'ioredis-5-10' },
  { client: 'ioredis', name: 'ioredis-4' },
  { client: 'redis-client', name: '@redis/client' },
  { client: 'redis-client', name: 'redis-client-5' },
  { client: 'redis-client-older', name: 'redis-client-5-8' },
  { client: 'redis-client-older', name: 'redis-client-1' },
] as const;

/** The commands of each scenario, in the order of their start. */
const commands: Readonly<Record<(typeof matrix)[number]['client'], readonly (readonly [string, readonly string[]])[]>> =
  {
    ioredis: [
      ['promise', ['GET']],
      ['write', ['HSET']],
      ['buffer', ['GET']],
      ['callback', ['GET', 'EXISTS']],
      ['pipeline', ['SET', 'INCR', 'LPUSH']],
      ['transaction', ['MULTI', 'SET', 'GET', 'EXEC']],
      ['script', ['EVALSHA']],
      ['queued', ['GET', 'SET', 'QUIT']],
      ['refused', ['GET']],
      ['scan', ['SCAN']],
    ],
    'redis-client': [
      ['promise', ['GET']],
      ['write', ['HSET']],
      ['raw', ['EXISTS']],
      ['pipeline', ['PIPELINE']],
      ['transaction', ['MULTI']],
      ['tick', ['GET', 'GET', 'GET']],
      ['connect', ['connect redis', 'EXISTS', 'GET']],
      ['refused', ['connect redis']],
    ],
    'redis-client-older': [
      ['promise', ['GET']],
      ['write', ['HSET']],
      ['raw', ['EXISTS']],
      ['pipeline', ['SET', 'INCR']],
      ['transaction', ['MULTI', 'SET', 'GET', 'EXEC']],
      ['tick', ['GET', 'GET', 'GET']],
      ['connect', ['EXISTS']],
    ],
  };

describe.skipIf(redis === undefined)('with Redis', () => {
  let server: Service | undefined;
  beforeAll(async () => {
    server = await redis?.start();
  }, 120_000);
  afterAll(() => server?.stop());

  describe.each(matrix)('$name', ({ client, name }) => {
    let without: Run;
    let run: Run;

    beforeAll(async () => {
      const options = { client, package: name, port: server?.port ?? 0 };
      without = await runScenarios(options, false);
      run = await runScenarios(options, true);
    }, 120_000);

    it('FAULTS 65: answers as without Ferret, field by field', () => {
      expect(run.observed).toEqual(without.observed);
      expect(run.unhandled).toEqual(without.unhandled);
      expect(run.stderr).toBe(without.stderr);
    });

    it('FAULTS 63: stores neither keys nor values', () => expectNoValue(run));

    it('says where a command went and what it was', async () => {
      expect(await spansOf(run, 'promise')).toEqual([
        {
          name: 'GET',
          kind: 'client',
          outcome: 'ok',
          error_type: null,
          attributes: {
            'db.system.name': 'redis',
            'db.namespace': '2',
            'server.address': '127.0.0.1',
            'server.port': server?.port,
            'db.operation.name': 'GET',
            'ferret.params': expect.any(Number),
          },
        },
      ]);
    });

    it.each(commands[client])('sees the commands of "%s"', async (scenario, names) => {
      expect(await namesOf(run, scenario)).toEqual(names);
    });

    it('keeps the first word of an answer, and nothing else of it', async () => {
      const failed = (await spansOf(run, 'failing')).filter(({ outcome }) => outcome === 'error');
      expect(failed.map(({ error_type: type }) => type).slice(0, 4)).toEqual([
        'WRONGTYPE',
        'ERR',
        expect.any(String),
        'ERR',
      ]);
      expect(failed[0]?.attributes).toMatchObject({ 'db.response.status_code': 'WRONGTYPE', 'exception.message': '' });
    });

    it.skipIf(client === 'redis-client-older')(
      'FAULTS 64: ends the span of a command that finds no server',
      async () => {
        const [span] = await spansOf(run, 'refused');
        expect(span).toMatchObject({ outcome: 'error' });
      },
    );

    it('shows a loop of 212 commands as one', async () => {
      expect(await treeOf(run, 'loop')).toMatch(/x 212 GET/);
    });
  });
});

describe.skipIf(redis === undefined)('with a cluster of Redis', () => {
  let server: Service | undefined;
  beforeAll(async () => {
    server = await redis?.startCluster();
  }, 120_000);
  afterAll(() => server?.stop());

  it.each(['ioredis', 'ioredis-5-10'])('%s: sees each command once, and stores no value', async (name) => {
    const options = { client: 'ioredis-cluster', package: name, port: server?.port ?? 0 };
    const without = await runScenarios(options, false);
    const run = await runScenarios(options, true);
    expect(run.observed).toEqual(without.observed);
    expectNoValue(run);
    expect(await namesOf(run, 'promise')).toEqual(['GET']);
    expect(await namesOf(run, 'pipeline')).toEqual(['SET', 'GET']);
    expect(await spansOf(run, 'failing')).toMatchObject([{ name: 'INCR', outcome: 'error', error_type: 'ERR' }]);
  });
});
