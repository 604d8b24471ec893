import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../services/program.js';
import { sqlServer } from '../services/sql-server.js';
import { expectNoValue, namesOf, queryOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

const WAIT = 'pool.connect microsoft.sql_server';

describe.each(['mssql', 'mssql-11'])('%s with a peer that speaks the protocol of SQL Server', (name) => {
  let server: Service | undefined;
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    server = await sqlServer.start();
    const client = { client: 'mssql', package: name, port: server.port };
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
    expect((await spansOf(run, 'parameters')).filter((span) => span.name !== WAIT)).toEqual([
      {
        name: 'SELECT users',
        kind: 'client',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'db.system.name': 'microsoft.sql_server',
          'db.namespace': 'shop',
          'server.address': '127.0.0.1',
          'server.port': server?.port,
          'db.query.summary': 'SELECT users',
          'db.operation.name': 'SELECT',
          'db.collection.name': 'users',
          'db.query.text': 'SELECT id FROM users WHERE name <> @name AND id = @id',
          'ferret.params': expect.any(Number),
        },
      },
    ]);
  });

  it.each([
    ['text', ['SELECT users']],
    ['template', ['SELECT users']],
    ['batch', ['SELECT users SELECT users']],
    ['procedure', ['EXECUTE users_named']],
    ['callback', ['SELECT users', 'SELECT orders']],
    // mssql calls the procedures of prepared statements itself.
    ['prepared', ['EXECUTE sp_prepare', 'EXECUTE sp_execute', 'EXECUTE sp_execute', 'EXECUTE sp_unprepare']],
    ['transaction', ['BEGIN TRANSACTION', 'UPDATE users', 'ROLLBACK TRANSACTION']],
    ['bulk', ['insert', 'BULK users']],
    ['stream', ['SELECT users']],
    ['large', ['SELECT users']],
    ['exhausted', ['SELECT users']],
  ])('sees a request of the style "%s" once', async (scenario, names) => {
    expect((await namesOf(run, scenario)).filter((each) => each !== WAIT)).toEqual(names);
  });

  it('masks literals and comments of the text', async () => {
    expect(await queryOf(run, 'text')).toBe('SELECT id FROM users WHERE name = ? OR id = ?');
  });

  it('keeps number and class of an error, and not its values', async () => {
    const failed = (await spansOf(run, 'failing')).filter(({ outcome }) => outcome === 'error');
    expect(failed.map((span) => [span.name, span.error_type, span.attributes['exception.message']])).toEqual([
      ['INSERT users', '2627', 'Violation of UNIQUE KEY constraint'],
      ['SELECT no_such_table', '208', 'Invalid object name'],
      ['RAISERROR', '50000', ''],
      ['SELECT no_such_table', '208', 'Invalid object name'],
    ]);
  });

  it('FAULTS 64: ends the spans of what is cancelled or late', async () => {
    const typesOf = async (scenario: string) =>
      (await spansOf(run, scenario)).filter((span) => span.name !== WAIT).map(({ error_type: type }) => type);
    expect(await typesOf('cancelled')).toEqual(['ECANCEL']);
    expect(await typesOf('timeout')).toEqual(['ETIMEOUT']);
    expect(await typesOf('refused')).toEqual([]);
  });

  it('shows the wait for a connection of its pool', async () => {
    expect((await spansOf(run, 'exhausted')).findLast((span) => span.name === WAIT)).toMatchObject({
      outcome: 'ok',
      attributes: { 'db.namespace': 'shop', 'server.address': '127.0.0.1', 'server.port': server?.port },
    });
  });

  it('shows a loop of 212 queries as one', async () => {
    expect(await treeOf(run, 'loop')).toMatch(/x 212 SELECT users/);
  });
});
