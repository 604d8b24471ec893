import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pglite } from '../services/pglite.js';
import { postgres } from '../services/postgres.js';
import type { Service } from '../services/program.js';
import { expectNoValue, namesOf, queryOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

// Where PostgreSQL is not installed, pglite is left.
const matrix = [
  { database: 'PostgreSQL', service: postgres, package: 'pg' },
  { database: 'PostgreSQL', service: postgres, package: 'pg-8-11' },
  { database: 'pglite', service: pglite, package: 'pg' },
];

for (const { database, service, package: name } of matrix) {
  describe.skipIf(service === undefined)(`${name} with ${database}`, () => {
    let server: Service | undefined;
    let without: Run;
    let run: Run;

    beforeAll(async () => {
      // A server for each run: pglite has one session for all connections, which remembers prepared statements.
      const first = await service?.start();
      without = await runScenarios({ client: 'pg', package: name, port: first?.port ?? 0 }, false);
      await first?.stop();
      server = await service?.start();
      run = await runScenarios({ client: 'pg', package: name, port: server?.port ?? 0 }, true);
    }, 120_000);
    afterAll(() => server?.stop());

    it('FAULTS 65: answers as without Ferret, field by field', () => {
      expect(run.observed).toEqual(without.observed);
      expect(run.unhandled).toEqual(without.unhandled);
      expect(run.stderr).toBe(without.stderr);
    });

    it('FAULTS 63: stores no value', () => expectNoValue(run));

    it('says where a query went and what it was', async () => {
      const [span] = await spansOf(run, 'parameters');
      expect(span).toEqual({
        name: 'SELECT users',
        kind: 'client',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'db.system.name': 'postgresql',
          'db.namespace': 'postgres',
          'server.address': '127.0.0.1',
          'server.port': server?.port,
          'db.query.summary': 'SELECT users',
          'db.operation.name': 'SELECT',
          'db.collection.name': 'users',
          'db.query.text': 'SELECT id, name FROM users WHERE name <> $1 AND id = $2',
          'db.response.returned_rows': 1,
          'ferret.params': expect.any(Number),
        },
      });
    });

    it.each([
      ['text', ['SELECT users']],
      ['config', ['SELECT users']],
      ['prepared', ['SELECT users', 'SELECT users']],
      ['callback', ['SELECT users', 'SELECT orders']],
      ['several', ['SELECT SELECT users']],
      ['transaction', ['BEGIN', 'UPDATE users', 'ROLLBACK']],
      ['events', ['SELECT users']],
      ['cursor', ['SELECT users', 'SELECT']],
      ['stream', ['SELECT users']],
      ['other', ['connect postgresql', 'SELECT users', 'SELECT users']],
      ['queued', ['SELECT users', 'SELECT users', 'SELECT users']],
      ['connect', ['connect postgresql', 'SELECT orders']],
    ])('sees a query of the style "%s"', async (scenario, names) => {
      expect((await namesOf(run, scenario)).filter((name) => name !== 'pool.connect postgresql')).toEqual(names);
    });

    it('masks literals and comments of the text', async () => {
      expect(await queryOf(run, 'text')).toBe('SELECT id, name FROM users WHERE name = ? OR id = ?');
    });

    it('keeps code and class of an error, and not its values', async () => {
      const failed = (await spansOf(run, 'failing')).filter(({ outcome }) => outcome === 'error');
      expect(failed.map(({ name, error_type: type }) => [name, type])).toEqual([
        ['INSERT users', '23505'],
        ['SELECT', '22P02'],
        ['SELECT no_such_table', '42P01'],
        ['DO', 'P0001'],
        ['SELEKT', '42601'],
      ]);
      expect(failed[0]?.attributes).toMatchObject({
        'db.response.status_code': '23505',
        'exception.type': 'DatabaseError',
        'exception.message': 'duplicate key value violates unique constraint',
      });
    });

    it('FAULTS 64: ends the spans of what fails before it is sent, is late, or finds no server', async () => {
      const typesOf = async (scenario: string) => (await spansOf(run, scenario)).map(({ error_type: type }) => type);
      expect(await typesOf('misuse')).toEqual(expect.arrayContaining(['Error', 'TypeError', 'NotSent']));
      expect(await typesOf('slow')).toContain('Error');
      expect(await typesOf('refused')).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
      expect((await spansOf(run, 'timeout')).at(-1)).toMatchObject({
        name: 'pool.connect postgresql',
        outcome: 'error',
        attributes: { 'exception.message': 'timeout exceeded when trying to connect' },
      });
    });

    it('shows the wait for a connection, and gives each query to the request that made it', async () => {
      const names = await namesOf(run, 'exhausted');
      expect(names.filter((name) => name === 'SELECT users')).toHaveLength(2);
      // The two that waited, and those for whom a connection was opened.
      expect(names.filter((name) => name === 'pool.connect postgresql').length).toBeGreaterThanOrEqual(2);
    });

    it('shows a loop of 212 queries as one', async () => {
      expect(await treeOf(run, 'loop')).toMatch(/x 212 SELECT users/);
    });
  });
}
