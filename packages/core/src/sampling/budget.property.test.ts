import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Root, Roots } from './roots.fixture.js';

/** Seconds of the budget and of the ceiling that may be used at once, and the spans of a few small buckets on top. */
const BURST_SECONDS = 1.25;
const SLACK = 150;
/** The last trace may be larger than the room left in a bucket. */
const LARGEST_TRACE = 513;

const anyRoot = (largest: number) =>
  fc.record({
    gap: fc.constantFrom(0, 0, 0.1, 0.5, 2, 20),
    id: fc.constantFrom<number | undefined>(undefined, undefined, 0, 1, 2, 3),
    outcome: fc.constantFrom<NonNullable<Root['outcome']>>('ok', 'ok', 'ok', 'error', 'aborted', 'interrupted'),
    status: fc.constantFrom(200, 200, 404, 500),
    route: fc.constantFrom('/x', '/x', '/health', '/metrics'),
    millis: fc.constantFrom(1, 1, 1, 90, 7_000),
    asked: fc.constantFrom(false, false, false, true),
    children: fc.integer({ min: 0, max: largest }),
    late: fc.integer({ min: 0, max: largest }),
  });

const idOf = (id: number | undefined) => (id === undefined ? undefined : id.toString(16).padStart(32, 'a'));

describe('K4: for roots with any ids, outcomes and order', () => {
  it('budget and ceiling bound what is kept, and a second later all ordinary traces are kept', () => {
    fc.assert(
      fc.property(
        fc.array(anyRoot(4), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 20, max: 500 }),
        fc.integer({ min: 1, max: 5 }),
        (pattern, budget, factor) => {
          const ceiling = budget * factor;
          const roots = new Roots({ maxSpansPerSecond: budget, ceilingSpansPerSecond: ceiling });
          let at = 10_000;
          for (let index = 0; index < 2_500; index++) {
            const { gap, id, ...root } = pattern[index % pattern.length]!;
            at += gap;
            roots.send({ ...root, at, traceId: idOf(id) });
          }
          roots.tick(at);
          for (const millis of [1, 1_000, at]) {
            const allowed = (budget + ceiling) * (Math.min(millis, at - 10_000) / 1_000 + BURST_SECONDS) + SLACK;
            expect(roots.mostWithin(millis)).toBeLessThanOrEqual(allowed);
          }
          expect(roots.kept.length + roots.counters.sampledOut + roots.counters.folded).toBe(roots.ended);
          for (let index = 0; index < 20; index++) {
            const traceId = idOf(index % 2 === 0 ? undefined : index % 4);
            expect(roots.send({ at: at + 1_000 + index * (1_100 / budget), traceId })).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('callers that repeat trace ids do not keep others out', () => {
    const roots = new Roots();
    for (let index = 0; index < 1_000; index++) roots.send({ at: 1_000 + index / 1_000, traceId: idOf(index) });
    for (let index = 0; index < 25_000; index++) roots.send({ at: 1_002 + index / 5, traceId: idOf(index % 1_000) });
    expect(roots.kept.length).toBeLessThan(7_200);
    for (const second of [7, 10, 15, 20]) {
      for (let index = 0; index < 100; index++) {
        expect(roots.send({ at: second * 1_000 + index * 10 })).toBe(true);
      }
    }
  });

  it('ordinary traces are kept while callers repeat ids, and while clients abort', () => {
    for (const flood of [{ id: true }, { outcome: 'aborted' }, { route: '/health', status: 405 }] as const) {
      const roots = new Roots({ maxSpansPerSecond: 100 });
      let [ordinary, at, random] = [0, 10_000, 1];
      for (let index = 0; index < 20_000; index++) {
        // A Lehmer generator, so that the times have no pattern but are the same in each run.
        random = (random * 48_271) % 2_147_483_647;
        at += random / 2_147_483_647;
        const isOrdinary = random % 50 === 0;
        const other = 'id' in flood ? { traceId: idOf(index % 5) } : flood;
        if (roots.send({ at, ...(isOrdinary ? {} : other) }) && isOrdinary) ordinary++;
      }
      // There are some 400 ordinary ones. About one in twenty of all requests is kept.
      expect(ordinary).toBeGreaterThan(6);
      expect(roots.kept.length).toBeLessThan(100 * 11 + 20);
    }
  });

  it('aborted requests, and refused health checks, take no room from failures', () => {
    for (const flood of [{ outcome: 'aborted' }, { route: '/health', status: 405 }] as const) {
      const roots = new Roots({ maxSpansPerSecond: 100, ceilingSpansPerSecond: 200 });
      let failed = 0;
      for (let index = 0; index < 20_000; index++) {
        const at = 10_000 + index / 2;
        roots.send({ at, ...flood });
        if (index % 20 === 0 && roots.send({ at, outcome: 'error', status: 500 })) failed++;
      }
      expect(failed).toBe(1_000);
    }
  });
});

it('K4: further roots of a trace that was kept for a failure are kept while there is room', () => {
  const roots = new Roots({ maxSpansPerSecond: 100 });
  while (roots.send({ at: 10_000 }));
  const traceId = idOf(7);
  roots.send({ at: 10_001, traceId, outcome: 'error', status: 500 });
  expect(roots.send({ at: 10_001, traceId })).toBe(true);
  expect(roots.send({ at: 10_001, traceId: idOf(8) })).toBe(false);
});

it('a preferred trace for which the ceiling leaves no room is judged as an ordinary one', () => {
  const roots = new Roots({ maxSpansPerSecond: 100, ceilingSpansPerSecond: 100 });
  for (let index = 0; index < 200; index++) roots.send({ at: 10_000, outcome: 'error', status: 500 });
  roots.send({ at: 10_005, asked: true });
  expect(roots.kept.at(-1)?.sampling?.reason).toBe('budget');
});

describe('K3: failures below the ceiling are all kept', () => {
  const other = fc.record({
    outcome: fc.constantFrom<NonNullable<Root['outcome']>>('ok', 'aborted'),
    asked: fc.boolean(),
    millis: fc.constantFrom(1, 50, 9_000),
    children: fc.constantFrom(0, 1, 30, 700),
    late: fc.constantFrom(0, 1, 200),
    id: fc.constantFrom<number | undefined>(undefined, 1),
    kind: fc.constantFrom<'server' | 'internal'>('server', 'internal'),
  });

  it('with any other traffic', () => {
    fc.assert(
      fc.property(
        fc.array(other, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 100, max: 1_000 }),
        (others, budget) => {
          const roots = new Roots({ maxSpansPerSecond: budget, ceilingSpansPerSecond: budget });
          const job = roots.open({ at: 10_000, kind: 'internal' });
          const perSecond = Math.floor(budget * 0.9);
          for (let index = 0; index < 2 * perSecond; index++) {
            const at = 10_000 + (index * 1_000) / perSecond;
            const { id, ...root } = others[index % others.length]!;
            if (index % 10 === 0) roots.send({ ...root, at, traceId: idOf(id) });
            for (let row = 0; row < 20; row++) roots.child(job, at, 'row');
            expect(roots.send({ at, outcome: 'error', status: 500 })).toBe(true);
          }
          roots.end(job, { at: 12_000 });
          roots.tick(13_000);
          expect(roots.kept.length).toBeLessThan(2 * budget * 3 + 2 * LARGEST_TRACE);
          expect(roots.kept.length + roots.counters.sampledOut + roots.counters.folded).toBe(roots.ended);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('also the root of a request that was sampled out before it failed, with a count of its spans', () => {
    const roots = new Roots({ maxSpansPerSecond: 1, ceilingSpansPerSecond: 1_000, keepSlowerThanMillis: 60_000 });
    while (roots.send({ at: 10_000 }));
    const root = roots.open({ at: 10_000 });
    for (let index = 0; index < 600; index++) roots.child(root, 10_001, `step ${index}`);
    roots.end(root, { at: 10_002, outcome: 'error', status: 500 });
    expect(root.sampling?.reason).toBe('error');
    expect(root.attributes['ferret.sampled_out']).toBe(600);
    expect(roots.kept.length + roots.counters.sampledOut).toBe(roots.ended);
  });
});
