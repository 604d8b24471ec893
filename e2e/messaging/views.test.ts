import { beforeAll, describe, expect, it } from 'vitest';
import { query } from '../database.js';
import { expectNoValue, namesOf, type Run, runScenarios } from '../databases/run.js';

const matrix = [
  { name: 'express', format: 'esm' },
  { name: 'express-4', format: 'commonjs' },
] as const;

describe.each(matrix)('views of $name from $format', ({ name, format }) => {
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    const client = { client: '../messaging/views', package: name, port: 0, environment: { FORMAT: format } };
    without = await runScenarios(client, false);
    run = await runScenarios(client, true);
  }, 120_000);

  it('FAULTS 65: render as without Ferret', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: nothing of what is put into them is stored', () => expectNoValue(run));

  it.each([
    ['plain', 'view.render home'],
    ['locals', 'view.render late'],
    ['callback', 'view.render home'],
    ['second', 'view.render home'],
    ['broken', 'view.render broken ! SyntaxError'],
    ['thrown', 'view.render thrown ! TypeError'],
    ['missing', 'view.render missing ! Error'],
  ])('"%s" is a span below its request', async (path, expected) => {
    const spans = await query<{ name: string; error: string | null }>(
      run.file,
      `SELECT span.name, span.error_type AS error FROM ferret_spans_v1 AS span JOIN ferret_spans_v1 AS parent
       ON parent.trace_id = span.trace_id AND parent.span_id = span.parent_id
       WHERE span.name LIKE 'view.render%' AND parent.name = 'GET /${path}'`,
    );
    expect(spans.map(({ name: text, error }) => (error === null ? text : `${text} ! ${error}`))).toEqual([expected]);
  });

  it('so is one that the application renders itself', async () => {
    expect(await namesOf(run, 'application')).toEqual(['view.render home']);
  });
});
