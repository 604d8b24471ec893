import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongodb } from '../services/mongodb.js';
import type { Service } from '../services/program.js';
import { expectNoValue, namesOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

describe.each(['mongodb', 'mongodb-6', 'mongodb-5'])('%s with a peer that speaks its protocol', (name) => {
  let server: Service | undefined;
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    const first = await mongodb.start();
    without = await runScenarios({ client: 'mongodb', package: name, port: first.port }, false);
    await first.stop();
    server = await mongodb.start();
    run = await runScenarios({ client: 'mongodb', package: name, port: server.port }, true);
  }, 120_000);
  afterAll(() => server?.stop());

  it('FAULTS 65: answers as without Ferret, field by field', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: stores no key, no value and no document', () => expectNoValue(run));

  it('says where a command went and what it was', async () => {
    expect(await spansOf(run, 'promise')).toEqual([
      {
        name: 'find users',
        kind: 'client',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'db.system.name': 'mongodb',
          'db.namespace': 'shop',
          'server.address': '127.0.0.1',
          'server.port': server?.port,
          'db.operation.name': 'find',
          'db.collection.name': 'users',
          'ferret.params': expect.any(Number),
        },
      },
    ]);
  });

  it.each([
    ['values', ['find users']],
    ['cursor', ['find users', 'getMore users', 'getMore users']],
    ['list', ['find users', 'getMore users', 'getMore users']],
    ['write', ['insert users', 'insert users', 'update users', 'insert users', 'aggregate users']],
    ['unacknowledged', ['insert users']],
    ['large', ['find users']],
    ['session', ['find users']],
  ])('sees the commands of "%s"', async (scenario, names) => {
    expect((await namesOf(run, scenario)).filter((each) => !each.includes('connect mongodb'))).toEqual(names);
  });

  it('keeps code and class of an error, and not its values', async () => {
    const failed = (await spansOf(run, 'failing')).filter(({ outcome }) => outcome === 'error');
    expect(failed.map(({ name, error_type: type }) => [name, type])).toEqual([
      ['insert users', '11000'],
      ['find users', '2'],
      ['noSuchCommand', '59'],
      ['findAndModify users', '121'],
      ['find users', '2'],
      ['find users', 'Error'],
    ]);
    expect(failed[1]?.attributes).toMatchObject({
      'db.response.status_code': '2',
      'exception.type': 'MongoServerError',
      'exception.message': '',
    });
  });

  it('counts the documents of a batch', async () => {
    expect((await spansOf(run, 'write'))[1]?.attributes['db.operation.batch.size']).toBe(2);
  });

  it('FAULTS 64: ends the spans of what breaks, is never answered, or finds no server', async () => {
    const typesOf = async (scenario: string) =>
      (await spansOf(run, scenario)).map((span) => [span.name, span.error_type]);
    expect(await typesOf('broken')).toContainEqual(['find users', 'MongoNetworkError']);
    expect(await typesOf('refused')).toEqual([['connect mongodb', 'MongoServerSelectionError']]);
    expect(await typesOf('never')).toContainEqual(['find users', 'MongoNetworkTimeoutError']);
    expect((await typesOf('exhausted')).filter(([, type]) => type !== null)).toEqual([
      ['pool.connect mongodb', 'MongoWaitQueueTimeoutError'],
    ]);
  });

  it('gives each command to the request that made it', async () => {
    expect((await namesOf(run, 'several')).filter((each) => each === 'find users')).toHaveLength(5);
  });

  it('shows a loop of 212 commands as one, each with other parameters', async () => {
    expect(await treeOf(run, 'loop')).toMatch(/x 212 find users/);
  });
});
