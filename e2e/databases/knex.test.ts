import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariadb } from '../services/mariadb.js';
import { pglite } from '../services/pglite.js';
import type { Service } from '../services/program.js';
import { expectNoValue, namesOf, queryOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

const matrix = [
  { client: 'knex', database: 'pglite', service: pglite, packages: ['knex', 'knex-2'], system: 'postgresql' },
  { client: 'knex-mysql', database: 'MariaDB', service: mariadb, packages: ['knex'], system: 'mysql' },
];

/** Names of spans are as knex writes its queries: in lower case, with names in the quotes of the database. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/["`]/g, '');
}

for (const { client, database, service, packages, system } of matrix) {
  describe.skipIf(service === undefined)(`with ${database}`, () => {
    const wait = `pool.connect ${system}`;
    let server: Service | undefined;
    beforeAll(async () => {
      server = await service?.start();
    }, 120_000);
    afterAll(() => server?.stop());

    describe.each(packages)('%s', (name) => {
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

      it('FAULTS 63: stores no value', () => expectNoValue(run));

      it.each([
        ['query', ['select users']],
        ['callback', ['select users']],
        ['raw', ['select users']],
        ['transaction', ['begin', 'update users', 'delete users', 'rollback']],
        ['stream', ['select users']],
      ])('sees each query of "%s" once, by its driver', async (scenario, names) => {
        const found = await namesOf(run, scenario);
        expect(found.filter((each) => each !== wait).map(plain)).toEqual(names);
      });

      it('masks literals of the text that knex has made', async () => {
        expect(await queryOf(run, 'query')).toMatch(/^select .* where .* = (\?|\$1) or .* = (\?|\$2)$/);
      });

      it('shows the wait for a connection of its pool, and nothing of how that is opened', async () => {
        const spans = await spansOf(run, 'exhausted');
        expect(spans.filter((span) => span.name === wait).at(-1)).toEqual({
          name: wait,
          kind: 'client',
          outcome: 'ok',
          error_type: null,
          attributes: {
            'db.system.name': system,
            'db.namespace': system === 'mysql' ? 'test' : 'postgres',
            'server.address': '127.0.0.1',
            'server.port': server?.port,
            'db.operation.name': 'pool.connect',
          },
        });
        expect(spans.filter((span) => plain(span.name) === 'select users')).toHaveLength(1);
        expect(spans.map((span) => span.name).filter((each) => /^connect|version/.test(each))).toEqual([]);
      });

      it('FAULTS 64: ends a wait that is given up, or finds no server', async () => {
        expect((await spansOf(run, 'timeout')).at(-1)).toMatchObject({ name: wait, error_type: 'KnexTimeoutError' });
        expect((await spansOf(run, 'refused')).map((span) => [span.name, span.error_type])).toEqual([
          [wait, 'ECONNREFUSED'],
        ]);
      });

      it('shows a loop of 212 queries as one', async () => {
        expect(plain(await treeOf(run, 'loop')).replaceAll('\\', '')).toContain('x 212 select users');
      });
    });
  });
}
