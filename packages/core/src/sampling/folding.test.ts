import { describe, expect, it } from 'vitest';
import { Roots } from './roots.fixture.js';

describe('K3: late spans of a trace that is kept', () => {
  it('a million children of one job give bounded rows and exact counts, and change nothing else', () => {
    const roots = new Roots();
    const job = roots.open({ at: 10_000, kind: 'internal' });
    const seconds = 9;
    let requests = 0;
    for (let index = 0; index < 1_000_000; index++) {
      const at = 10_000 + (index * seconds) / 1_000;
      roots.child(job, at, index % 4 === 0 ? 'read' : 'row', index % 1_000 === 999 ? 'error' : 'ok');
      if (index % 5_000 !== 0) continue;
      requests++;
      expect(roots.send({ at, route: '/ok' })).toBe(true);
      expect(roots.send({ at, route: '/fail', outcome: 'error', status: 500 })).toBe(true);
    }
    roots.end(job, { at: 19_000 });
    const { counters, kept } = roots;
    expect(counters.sampledOut).toBe(0);
    expect(kept.length - 2 * requests).toBeLessThan(513 + 100 * (seconds + 1));
    expect(counters.folded).toBe(1_000_000 + 2 * requests + 1 - kept.length);
    // The job has the sums of those after its decision, and a row of each name those before.
    const sums = new Map<string, { count: number; errors: number }>();
    for (const { attributes } of kept) {
      const names = (attributes['ferret.folded.names'] ?? []) as readonly string[];
      for (const [index, name] of names.entries()) {
        const [counts, errors] = ['counts', 'errors'].map((of) => attributes[`ferret.folded.${of}`] as number[]);
        const { count = 0, errors: failed = 0 } = sums.get(name) ?? {};
        sums.set(name, { count: count + counts![index]!, errors: failed + (errors?.[index] ?? 0) });
      }
    }
    const stored = (name: string) => kept.filter((span) => span.name === name).length;
    expect((sums.get('read')?.count ?? 0) + stored('read')).toBe(250_000);
    expect((sums.get('row')?.count ?? 0) + stored('row')).toBe(750_000);
    const failed = kept.filter(({ name, outcome }) => name === 'row' && outcome === 'error').length;
    expect(sums.get('read')?.errors).toBe(0);
    expect((sums.get('row')?.errors ?? 0) + failed).toBe(1_000);
  });

  it('are kept while they are few, for whatever reason the trace was kept', () => {
    for (const outcome of ['ok', 'error', 'aborted'] as const) {
      const roots = new Roots();
      const root = roots.open({ at: 10_000 });
      roots.end(root, { at: 10_001, outcome });
      for (let index = 0; index < 100; index++) roots.child(root, 10_002);
      expect(roots.kept).toHaveLength(101);
    }
  });

  it('are kept without a bound if a rule keeps everything', () => {
    const roots = new Roots({ rules: [{ route: 'job', maxSpansPerSecond: Number.POSITIVE_INFINITY }] });
    const job = roots.open({ at: 10_000, kind: 'internal' });
    for (let index = 0; index < 5_000; index++) roots.child(job, 10_000);
    expect(roots.kept).toHaveLength(5_000);
  });

  it('take at most half of the budget, in any number of traces', () => {
    const roots = new Roots({ maxSpansPerSecond: 1_000 });
    const jobs = Array.from({ length: 30 }, (_, index) => {
      const job = roots.open({ at: 10_000 + index * 600, kind: 'internal' });
      for (let child = 0; child < 512; child++) roots.child(job, 10_000 + index * 600, `row ${child}`);
      return job;
    });
    const before = roots.kept.length;
    const start = 40_000;
    let ordinary = 0;
    for (let millis = 0; millis < 4_000; millis++) {
      for (const job of jobs) roots.child(job, start + millis);
      if (millis % 10 === 0 && roots.send({ at: start + millis })) ordinary++;
    }
    expect(ordinary).toBe(400);
    expect(roots.kept.length - before - ordinary).toBeLessThan(500 * 4 + 130);
  });

  it('are summed under sixteen names, and one for all others', () => {
    const roots = new Roots({ maxSpansPerSecond: 20 });
    const job = roots.open({ at: 10_000, kind: 'internal' });
    for (let index = 0; index < 5_000; index++) roots.child(job, 10_000, `row ${index}`);
    roots.end(job, { at: 10_001 });
    const names = job.attributes['ferret.folded.names'] as readonly string[];
    const counts = job.attributes['ferret.folded.counts'] as readonly number[];
    expect(names).toHaveLength(17);
    expect(names.at(-1)).toBe('(other names)');
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(roots.counters.folded);
    expect(job.size).toBe(names.reduce((sum, name) => sum + name.length, 0));
  });

  it('are summed on one carrier a second if the root has ended', () => {
    const roots = new Roots();
    const root = roots.open({ at: 10_000 });
    roots.end(root, { at: 10_001 });
    for (let index = 0; index < 100_000; index++) roots.child(root, 10_002 + index / 50, 'after');
    roots.tick(13_000);
    expect(roots.sampler.held).toBe(0);
    expect(root.attributes).toEqual({});
    const carriers = roots.kept.filter(({ attributes }) => attributes['ferret.folded'] !== undefined);
    expect(carriers.length).toBeGreaterThan(0);
    expect(carriers.length).toBeLessThanOrEqual(4);
    expect(carriers.every(({ traceId, sampling }) => traceId === root.traceId && sampling === root.sampling)).toBe(
      true,
    );
    const folded = carriers.reduce((sum, { attributes }) => sum + Number(attributes['ferret.folded']), 0);
    expect(folded).toBe(roots.counters.folded);
    expect(roots.kept.length + folded).toBe(100_001);
  });

  it('are stored or counted if the roots of any number of traces have ended', () => {
    const roots = new Roots();
    const all = Array.from({ length: 2_000 }, (_, index) => {
      const root = roots.open({ at: 10_000 + index * 2 });
      roots.end(root, { at: 10_000 + index * 2 });
      return root;
    });
    for (const root of all) for (let index = 0; index < 50; index++) roots.child(root, 14_000);
    expect(roots.sampler.held).toBeLessThanOrEqual(256);
    roots.tick(15_000);
    expect(roots.sampler.held).toBe(0);
    expect(roots.kept.length + roots.counters.folded + roots.counters.sampledOut).toBe(roots.ended);
  });

  it('leave no sums on a root whose trace is sampled out after its sums were read', () => {
    const roots = new Roots({ rules: [{ route: '/poll', maxSpansPerSecond: 0, keepSlowerThanMillis: 60_000 }] });
    const poll = roots.open({ at: 10_000 });
    for (let index = 0; index < 1_000; index++) roots.child(poll, 10_001, `row ${index}`);
    roots.sampler.decidePending(10_002);
    expect(poll.attributes['ferret.folded']).toBe(488);
    roots.end(poll, { at: 10_003, route: '/poll' });
    expect(roots.counters).toMatchObject({ folded: 0, sampledOut: 1_001 });
    expect(Object.keys(poll.attributes).filter((key) => key.startsWith('ferret.folded'))).toEqual([]);
  });

  it('are counted as sampled out if the root with their sums is suppressed', () => {
    const roots = new Roots();
    const root = roots.open({ at: 10_000, kind: 'internal' });
    for (let index = 0; index < 2_000; index++) roots.child(root, 10_001, `row ${index}`);
    const { trace } = root;
    if (trace === undefined) throw new Error('no trace');
    expect(roots.counters.folded).toBeGreaterThan(1_000);
    trace.isSuppressed = true;
    trace.root = undefined;
    roots.tick(12_000);
    expect(roots.counters.folded).toBe(0);
    expect(roots.kept.length + roots.counters.sampledOut).toBe(2_000);
  });
});
