import { beforeAll, describe, expect, it } from 'vitest';
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
