import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongodb } from '../services/mongodb.js';
import type { Service } from '../services/program.js';
import { expectNoValue, namesOf, type Run, runScenarios, spansOf, treeOf } from './run.js';

describe('mongoose with a peer that speaks the protocol of MongoDB', () => {
  let server: Service | undefined;
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    const first = await mongodb.start();
    without = await runScenarios({ client: 'mongoose', package: 'mongoose', port: first.port }, false);
    await first.stop();
    server = await mongodb.start();
    run = await runScenarios({ client: 'mongoose', package: 'mongoose', port: server.port }, true);
  }, 120_000);
  afterAll(() => server?.stop());

  it('FAULTS 65: answers as without Ferret, field by field', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: stores no key, no value and no document', () => expectNoValue(run));

  it.each([
    ['query', ['find users']],
    ['document', ['find users', 'update users']],
    ['write', ['insert users', 'aggregate users']],
    ['cursor', ['find users', 'getMore users', 'getMore users']],
    ['buffered', ['find orders']],
  ])('has one span for each command of "%s"', async (scenario, names) => {
    expect((await namesOf(run, scenario)).filter((each) => !each.includes('connect mongodb'))).toEqual(names);
  });

  it('keeps the code of an error', async () => {
    const failed = (await spansOf(run, 'failing')).map((span) => [span.name, span.error_type]);
    expect(failed).toEqual([
      ['insert users', '11000'],
      ['find users', '2'],
    ]);
  });

  it('shows a loop of 212 queries as one', async () => {
    expect(await treeOf(run, 'loop')).toMatch(/x 212 find users/);
  });
});
