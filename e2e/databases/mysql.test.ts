import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariadb } from '../services/mariadb.js';
import type { Service } from '../services/program.js';
import { expectNoValue, namesOf, queryOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

describe.skipIf(mariadb === undefined)('mysql with MariaDB', () => {
  let server: Service | undefined;
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    server = await mariadb?.start();
    const client = { client: 'mysql', package: 'mysql', port: server?.port ?? 0 };
    without = await runScenarios(client, false);
    run = await runScenarios(client, true);
  }, 120_000);
  afterAll(() => server?.stop());

  it('FAULTS 65: answers as without Ferret, field by field', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: stores no value', () => expectNoValue(run));

  it('says where a query went and what it was', async () => {
    expect(await spansOf(run, 'parameters')).toEqual([
      {
        name: 'SELECT users',
        kind: 'client',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'db.system.name': 'mariadb',
          'db.namespace': 'test',
          'server.address': '127.0.0.1',
          'server.port': server?.port,
          'db.query.summary': 'SELECT users',
          'db.operation.name': 'SELECT',
          'db.collection.name': 'users',
          'db.query.text': 'SELECT id, name FROM users WHERE name <> ? AND id = ?',
          'db.response.returned_rows': 1,
          'ferret.params': expect.any(Number),
        },
      },
    ]);
  });

  it.each([
    ['text', ['SELECT users']],
    ['options', ['SELECT users']],
    ['large', ['SELECT users']],
    ['callback', ['SELECT users', 'SELECT users']],
    ['transaction', ['START TRANSACTION', 'UPDATE users', 'ROLLBACK']],
    ['events', ['SELECT users', 'SELEKT']],
    ['unheard', ['SELEKT', 'SELECT']],
    ['stream', ['SELECT users']],
    ['lost', ['SELECT users']],
  ])('sees a query of the style "%s"', async (scenario, names) => {
    expect((await namesOf(run, scenario)).filter((name) => name !== 'pool.connect mysql')).toEqual(names);
  });

  it('masks literals and comments of the text', async () => {
    expect(await queryOf(run, 'text')).toBe('SELECT id, name FROM users WHERE name = ? OR id = ?');
  });

  it('keeps number and class of an error, and not its values', async () => {
    const failed = (await spansOf(run, 'failing')).filter(({ outcome }) => outcome === 'error');
    expect(failed.map(({ name, error_type: type }) => [name, type])).toEqual([
      ['INSERT users', '1062'],
      ['SELECT no_such_table', '1146'],
      ['SIGNAL', '1644'],
      ['SELEKT', '1064'],
      ['SELECT', 'TypeError'],
      ['SELECT', 'PROTOCOL_ENQUEUE_AFTER_DESTROY'],
    ]);
    expect(failed[0]?.attributes).toMatchObject({
      'db.response.status_code': '1062',
      'exception.message': 'ER_DUP_ENTRY',
    });
  });

  it('FAULTS 64: ends the spans of what is late, or finds no server', async () => {
    const typesOf = async (scenario: string) => (await spansOf(run, scenario)).map(({ error_type: type }) => type);
    expect(await typesOf('timeout')).toEqual(['PROTOCOL_SEQUENCE_TIMEOUT']);
    expect(await typesOf('refused')).toEqual(['ECONNREFUSED']);
  });

  it('shows the wait for a connection once, and gives each query to the request that made it', async () => {
    const names = await namesOf(run, 'exhausted');
    expect(names.filter((name) => name === 'SELECT users')).toHaveLength(2);
    // The queries that waited, and perhaps the one for which a connection was opened.
    expect(names.filter((name) => name === 'pool.connect mysql').length).toBeGreaterThanOrEqual(2);
    const lost = await namesOf(run, 'lost');
    expect(lost.filter((name) => name === 'pool.connect mysql')).toHaveLength(2);
  });

  it('shows a loop of 212 queries as one', async () => {
    expect(await treeOf(run, 'loop')).toMatch(/x 212 SELECT users/);
  });
});
