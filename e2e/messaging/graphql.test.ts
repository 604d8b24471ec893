import { beforeAll, describe, expect, it } from 'vitest';
import { query } from '../database.js';
import { expectNoValue, type Run, runScenarios, spansOf } from '../databases/run.js';

const matrix = [
  { name: 'graphql', format: 'esm' },
  { name: 'graphql', format: 'commonjs' },
  { name: 'graphql-17', format: 'esm' },
  { name: 'graphql-17', format: 'commonjs' },
] as const;

describe.each(matrix)('$name from $format', ({ name, format }) => {
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    const client = { client: '../messaging/graphql', package: name, port: 0, environment: { FORMAT: format } };
    without = await runScenarios(client, false);
    run = await runScenarios(client, true);
  }, 120_000);

  it('FAULTS 65: answers as without Ferret, field by field', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: stores neither documents nor variables', () => expectNoValue(run));

  it('says what was executed', async () => {
    expect(await spansOf(run, 'named')).toEqual([
      {
        name: 'query FindUser',
        kind: 'internal',
        outcome: 'ok',
        error_type: null,
        attributes: { 'graphql.operation.type': 'query', 'graphql.operation.name': 'FindUser' },
      },
    ]);
  });

  it.each([
    ['variables', ['query FindUser']],
    ['anonymous', ['query']],
    ['several', ['query A']],
    ['broken', ['query Broken ! DatabaseDown']],
    ['refused', ['query Refused']],
    ['wrong', ['query Wrong']],
    ['invalid', []],
    ['synchronous', ['query Sync']],
  ])('sees the operation of "%s"', async (scenario, spans) => {
    const seen = await spansOf(run, scenario);
    expect(seen.map(({ name: text, error_type: type }) => (type === null ? text : `${text} ! ${type}`))).toEqual(spans);
  });
});

describe('Apollo Server', () => {
  it('has one description of an operation: by the plugin of its request, or else by a span', async () => {
    const client = { client: '../messaging/apollo', package: 'graphql', port: 0 };
    const without = await runScenarios(client, false);
    const run = await runScenarios(client, true);
    expect(run.observed).toEqual(without.observed);
    const described = await query<{ path: string; name: string; kind: string }>(
      run.file,
      `SELECT top.attributes ->> '$."url.path"' AS path, span.name, span.kind FROM ferret_spans_v1 AS span
       JOIN ferret_spans_v1 AS top ON top.trace_id = span.trace_id
         AND (top.span_id = span.span_id OR top.span_id = span.parent_id) AND top.name LIKE 'POST%' AND top.kind = 'server'
       WHERE span.attributes ->> '$."graphql.operation.name"' = 'Now'`,
    );
    expect(described.map(({ path, kind }) => [path, kind])).toEqual([
      ['/plain', 'internal'],
      ['/plugin', 'server'],
    ]);
  });
});
