import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Outcome, SpanRecord } from '../trace/span.js';
import { resolveSampling } from './sampling-options.js';
import { type Request, Traffic } from './traffic.fixture.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Number of requests that were kept for a reason. */
const keptFor = (traffic: Traffic, reason: string) =>
  traffic.keptRoots.filter(({ sampling }) => sampling?.reason === reason).length;

function byTrace({ kept }: Traffic): Map<string, SpanRecord[]> {
  const traces = new Map<string, SpanRecord[]>();
  for (const span of kept) {
    const spans = traces.get(span.traceId);
    if (spans === undefined) traces.set(span.traceId, [span]);
    else spans.push(span);
  }
  return traces;
}

/** Number of spans that kept spans have folded. The counts by name must add up to it. */
function foldedOf(spans: readonly SpanRecord[]): number {
  let total = 0;
  for (const { attributes } of spans) {
    const count = (attributes['ferret.folded'] as number | undefined) ?? 0;
    const counts = (attributes['ferret.folded.counts'] as readonly number[] | undefined) ?? [];
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(count);
    total += count;
  }
  return total;
}

/** Every started span is kept, counted as not kept, or waiting. */
function expectLedgerToAddUp({ kept, counters, sampler }: Traffic): void {
  expect(kept.length + counters.sampledOut + counters.folded + sampler.held).toBe(counters.started);
}

describe('without a limit', () => {
  it('passes every span on at once, and holds none', () => {
    const traffic = new Traffic({ maxSpansPerSecond: Number.POSITIVE_INFINITY });
    expect(traffic.sampler.isActive).toBe(false);
    const root = traffic.open();
    expect(root.trace).toBe(null);
    traffic.child(root).end();
    expect(traffic.kept).toHaveLength(1);
    traffic.end(root, { route: '/health' });
    expect(traffic.kept.map(({ name, sampling }) => [name, sampling])).toEqual([
      ['SELECT', undefined],
      ['GET /health', undefined],
    ]);
  });
});

describe('the budget', () => {
  it('keeps 100 spans a second of 5,000 requests a second over 20 s', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(5_000, 20);
    expect(traffic.kept.length).toBeGreaterThan(1_950);
    expect(traffic.kept.length).toBeLessThan(2_150);
    expectLedgerToAddUp(traffic);
  });

  it('counts spans, not requests', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(500, 20, () => ({ children: 9 }));
    expect(traffic.kept.length).toBeGreaterThan(1_900);
    expect(traffic.kept.length).toBeLessThan(2_200);
    expectLedgerToAddUp(traffic);
  });

  it('keeps everything below it, children before their root', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(20, 5, () => ({ children: 3 }));
    expect(traffic.kept).toHaveLength(400);
    expect(traffic.kept.slice(0, 4).map(({ name }) => name)).toEqual(['SELECT', 'SELECT', 'SELECT', 'GET /users/:id']);
    expect(new Set(traffic.kept.map(({ sampling }) => sampling?.reason))).toEqual(new Set(['budget']));
  });

  it('may be less than one a second', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 0.5 });
    traffic.steady(50, 20);
    expect(traffic.kept.length).toBeGreaterThanOrEqual(10);
    expect(traffic.kept.length).toBeLessThanOrEqual(12);
  });

  it('keeps everything again at once when traffic falls', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(5_000, 3, (index) => ({ outcome: index % 2 === 0 ? 'error' : 'ok' }));
    traffic.pass(50);
    const before = traffic.keptRoots.length;
    traffic.steady(50, 2);
    expect(traffic.keptRoots.length - before).toBe(100);
  });

  it('may change at any time', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(1_000, 5);
    const before = traffic.kept.length;
    traffic.sampler.configure(resolveSampling({ maxSpansPerSecond: 500 }));
    traffic.steady(1_000, 5);
    expect(traffic.kept.length - before).toBeGreaterThan(2_450);
    expect(traffic.kept.length - before).toBeLessThan(3_050);

    const root = traffic.open();
    traffic.child(root).end();
    traffic.sampler.configure(resolveSampling({ maxSpansPerSecond: Number.POSITIVE_INFINITY }));
    traffic.end(root);
    traffic.steady(1_000, 1);
    expect(traffic.kept.slice(-1_002)[0]?.name).toBe('SELECT');
    expect(traffic.sampler.held).toBe(0);
    expectLedgerToAddUp(traffic);
  });

  it('is not changed by a wall clock that steps back and forth', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    const start = Date.now();
    for (const hours of [24, -48, 0, 1_000]) {
      vi.setSystemTime(start + hours * 3_600_000);
      traffic.steady(1_000, 5);
    }
    expect(traffic.kept.length).toBeGreaterThan(1_950);
    expect(traffic.kept.length).toBeLessThan(2_150);
  });
});

describe('preferred traces', () => {
  const outcomes: Outcome[] = ['error', 'aborted', 'interrupted'];

  it('are failed, aborted and interrupted requests', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(5_000, 5, (index) => ({ outcome: index % 100 === 0 ? outcomes[(index / 100) % 3]! : 'ok' }));
    expect(keptFor(traffic, 'error')).toBe(250);
    expect(keptFor(traffic, 'budget')).toBeGreaterThan(300);
    expect(traffic.kept.length).toBeLessThan(620);
  });

  it('leave the remaining budget to the others', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(2_000, 20, (index) => ({ outcome: index % 200 === 0 ? 'error' : 'ok', children: 3 }));
    expect(keptFor(traffic, 'error')).toBe(200);
    expect(traffic.kept.length).toBeGreaterThan(1_950);
    expect(traffic.kept.length).toBeLessThan(2_250);
  });

  it('are bounded by the ceiling in an outage in which everything fails', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(5_000, 10, () => ({ outcome: 'error', status: 500 }));
    expect(traffic.kept.length).toBeGreaterThan(10_000);
    expect(traffic.kept.length).toBeLessThan(11_500);

    const lower = new Traffic({ maxSpansPerSecond: 100, ceilingSpansPerSecond: 200 });
    lower.steady(5_000, 10, () => ({ outcome: 'error', status: 500 }));
    expect(lower.kept.length).toBeLessThan(2_300);
  });

  it('are kept while a rule keeps everything of another route', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100, rules: [{ route: '/vip', maxSpansPerSecond: Infinity }] });
    traffic.steady(5_000, 4, (index) =>
      index % 100 === 0 ? { route: '/job', outcome: 'error', status: 500 } : { route: '/vip' },
    );
    expect(keptFor(traffic, 'error')).toBe(200);
    expect(traffic.kept).toHaveLength(20_000);
  });

  it('are those that any of their spans asks for', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1 });
    traffic.steady(1_000, 1);
    traffic.request({ attributes: { 'ferret.keep': true } });
    traffic.request({ attributes: { 'ferret.keep': 'true' } });
    const root = traffic.open();
    traffic.child(root).annotate({ 'ferret.keep': true }).end();
    traffic.end(root);
    expect(keptFor(traffic, 'asked')).toBe(2);
  });

  it('are requests slower than nearly all others of their route', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1, ceilingSpansPerSecond: 1_000 });
    const jitter = (index: number) => (index * 7919) % 100;
    traffic.steady(1_000, 2, (index) => ({ route: '/fast', millis: 10 + jitter(index) / 100 }));
    traffic.steady(1_000, 2, (index) => ({ route: '/slow', millis: 1_000 + jitter(index) }));
    const before = keptFor(traffic, 'slow');
    traffic.request({ route: '/fast', millis: 20 });
    traffic.request({ route: '/slow', millis: 1_050 });
    traffic.request({ route: '/new', millis: 60_000 });
    expect(traffic.kept.at(-1)).toMatchObject({ name: 'GET /fast', sampling: { reason: 'slow' } });
    expect(keptFor(traffic, 'slow') - before).toBe(1);
  });

  it('are judged by the new latencies of a route that has become slower', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(1_000, 5, () => ({ millis: 10 }));
    traffic.steady(1_000, 5, () => ({ millis: 100 }));
    expect(keptFor(traffic, 'slow')).toBeGreaterThan(10);
    expect(keptFor(traffic, 'slow')).toBeLessThan(200);
  });

  it('are requests slower than keepSlowerThanMillis, if it is given', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1, keepSlowerThanMillis: 500 });
    traffic.steady(1_000, 1, () => ({ millis: 500 }));
    traffic.request({ millis: 501 });
    expect(keptFor(traffic, 'slow')).toBe(1);
  });
});

describe('the probability', () => {
  it('is 1 for preferred traces, and while there is room', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    traffic.steady(50, 2, (index) => ({ outcome: index % 2 === 0 ? 'error' : 'ok' }));
    expect(traffic.kept.map(({ sampling }) => sampling?.probability)).toEqual(new Array(100).fill(1));
  });

  it.each([
    ['steadily', (traffic: Traffic) => traffic.steady(5_000, 20, () => ({ children: 1 }))],
    [
      'in bursts',
      (traffic: Traffic) => {
        for (let burst = 0; burst < 40; burst++) {
          for (let index = 0; index < 2_000; index++) traffic.request();
          traffic.pass(3_000);
        }
      },
    ],
    [
      'with few left beside those that go first',
      (traffic: Traffic) => {
        for (let second = 0; second < 60; second++) {
          for (let tenth = 0; tenth < 10; tenth++) {
            const failures = (second * 37 + tenth * 61) % 7 < second % 5 ? 40 : 0;
            for (let failure = 0; failure < failures; failure++) traffic.request({ outcome: 'error' });
            traffic.steady(5_000, 0.1);
          }
        }
      },
    ],
  ])('gives weights that add up to the number of requests: %s', (_, send) => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    send(traffic);
    const weight = traffic.kept.reduce((sum, { sampling }) => sum + 1 / sampling!.probability, 0);
    // The weight of the first second is known only afterwards.
    expect(weight / traffic.counters.started).toBeGreaterThan(0.9);
    expect(weight / traffic.counters.started).toBeLessThan(1.1);
  });
});

describe('a trace', () => {
  it('is decided after 5 s, and its further spans follow the verdict', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    const job = traffic.tracer.start('job', { parent: null });
    traffic.child(job).end();
    traffic.pass(4_900);
    traffic.sampler.tick();
    expect(traffic.kept).toHaveLength(0);
    traffic.pass(200);
    traffic.sampler.tick();
    expect(traffic.kept).toHaveLength(1);
    traffic.child(job).end();
    job.end();
    expect(traffic.kept.map(({ sampling }) => sampling)).toEqual(new Array(3).fill(traffic.kept[0]!.sampling));
  });

  it('is decided at 512 spans', () => {
    const traffic = new Traffic();
    const job = traffic.tracer.start('job', { parent: null });
    for (let index = 0; index < 511; index++) traffic.child(job, `step ${index}`).end();
    expect(traffic.kept).toHaveLength(0);
    traffic.child(job).end();
    expect(traffic.kept).toHaveLength(512);
    expect(traffic.sampler.held).toBe(0);
    traffic.child(job).end();
    expect(traffic.counters.folded).toBe(1);
  });

  it('that takes long is preferred if that is unusual, or if a span in it has failed', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1, ceilingSpansPerSecond: 1_000 });
    traffic.steady(1_000, 1);
    const slow = traffic.open();
    const failing = traffic.open();
    traffic.child(slow).end();
    traffic.child(failing).recordError(new Error('no')).end();
    traffic.steady(1_000, 6);
    expect(traffic.kept.find(({ traceId }) => traceId === slow.traceId)?.sampling?.reason).toBe('slow');
    expect(traffic.kept.find(({ traceId }) => traceId === failing.traceId)?.sampling?.reason).toBe('error');
  });

  it('has late spans, which follow the verdict', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1 });
    const [kept, gone] = [traffic.open(), traffic.open()];
    const late = [traffic.child(kept), traffic.child(gone)];
    traffic.end(kept);
    traffic.end(gone);
    for (const span of late) span.end();
    traffic.child(kept).end();
    traffic.child(gone).end();
    expect(traffic.kept.map(({ traceId }) => traceId)).toEqual([kept.traceId, kept.traceId, kept.traceId]);
    expectLedgerToAddUp(traffic);
  });

  it('may have several roots here, which share a verdict', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    for (let index = 0; index < 10_000; index++) {
      traffic.pass(1);
      const outer = traffic.open({ traceId: index.toString(16).padStart(32, '0') });
      traffic.request({ traceId: outer.traceId, children: 2 });
      traffic.end(outer);
    }
    const spans = byTrace(traffic);
    expect(spans.size).toBeGreaterThan(200);
    expect([...spans.values()].filter((trace) => trace.length !== 4)).toEqual([]);
    expect(traffic.kept.length).toBeLessThan(1_150);
  });

  it('whose id comes with every request does not exceed the budget', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100 });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    traffic.steady(1_000, 20, () => ({ traceId }));
    expect(traffic.kept.length).toBeGreaterThan(1_000);
    expect(traffic.kept.length).toBeLessThan(3_000);
    expectLedgerToAddUp(traffic);
  });

  it('whose root is suppressed is not kept', () => {
    const traffic = new Traffic();
    const root = traffic.open();
    const late = traffic.child(root);
    traffic.child(root).end();
    root.suppress();
    late.end();
    expect(traffic.kept).toEqual([]);
    expect(traffic.sampler.held).toBe(0);
    expectLedgerToAddUp(traffic);
  });

  it('below a span of another instance belongs to its own first span', () => {
    const [mine, others] = [new Traffic(), new Traffic({ maxSpansPerSecond: 1 })];
    const root = mine.open();
    const first = others.child(root, 'elsewhere');
    others.child(first).end();
    first.end();
    mine.end(root);
    expect(mine.kept).toHaveLength(1);
    expect(others.kept).toHaveLength(2);
  });

  it('is kept whole, except for spans that it counts as folded, and those sampled out before its root failed', () => {
    const span = fc.record({
      millis: fc.integer({ min: 0, max: 3_000 }),
      children: fc.integer({ min: 0, max: 700 }),
      late: fc.integer({ min: 0, max: 3 }),
      outcome: fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'error', 'aborted'),
      asked: fc.constantFrom(false, false, true),
    });
    fc.assert(
      fc.property(
        fc.array(span, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 400 }),
        (traces, budget) => {
          const traffic = new Traffic({ maxSpansPerSecond: budget, ceilingSpansPerSecond: budget * 2 });
          const sizes = new Map<string, number>();
          const open = traces.map((plan) => ({ plan, root: traffic.open() }));
          for (const { plan, root } of open) {
            traffic.pass(plan.millis);
            const late = Array.from({ length: plan.late }, () => traffic.child(root));
            for (let index = 0; index < plan.children; index++) traffic.child(root).end();
            if (plan.asked) root.annotate({ 'ferret.keep': true });
            traffic.end(root, { outcome: plan.outcome, millis: plan.millis });
            for (const child of late) child.end();
            sizes.set(root.traceId, plan.children + plan.late + 1);
          }
          traffic.sampler.decidePending();
          for (const [traceId, spans] of byTrace(traffic)) {
            const root = spans.find(({ isLocalRoot }) => isLocalRoot);
            const letGo = (root?.attributes['ferret.sampled_out'] as number | undefined) ?? 0;
            if (root?.sampling?.reason === 'budget') expect(letGo).toBe(0);
            const explained = spans.length + foldedOf(spans) + letGo;
            // Spans that end after their root may find no room for a carrier.
            expect(explained).toBeLessThanOrEqual(sizes.get(traceId)!);
            expect(explained).toBeGreaterThanOrEqual(sizes.get(traceId)! - 3);
          }
          expect(foldedOf(traffic.kept)).toBe(traffic.counters.folded);
          expect(traffic.sampler.held).toBe(0);
          expectLedgerToAddUp(traffic);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('memory', () => {
  it('is bounded with 10,000 open traces and spans that end in all of them', () => {
    const traffic = new Traffic();
    const roots = Array.from({ length: 10_000 }, () => traffic.open());
    for (let round = 0; round < 10; round++) {
      for (const root of roots) traffic.child(root).end();
      expect(traffic.sampler.held).toBeLessThanOrEqual(32_768);
      traffic.pass(100);
    }
    for (const root of roots) traffic.end(root);
    expect(traffic.sampler.held).toBe(0);
    expectLedgerToAddUp(traffic);
  });

  it('is bounded for spans with long attributes', () => {
    const traffic = new Traffic();
    const big = Object.fromEntries(Array.from({ length: 128 }, (_, index) => [`text ${index}`, 'x'.repeat(1_024)]));
    for (let index = 0; index < 400; index++) traffic.child(traffic.open()).annotate(big).end();
    expect(traffic.sampler.held * 128 * 1_024).toBeLessThan(34 * 1024 * 1024);
  });

  it('is bounded with 100,000 distinct names, and they are sampled like any other', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 100, rules: [{ route: '/vip/*', maxSpansPerSecond: 1_000 }] });
    traffic.steady(10_000, 10, (index) => ({ route: `/${index % 10 === 0 ? 'vip' : 'any'}/${index}` }));
    const vip = traffic.kept.filter(({ name }) => name.startsWith('GET /vip/'));
    expect(vip.length).toBeGreaterThan(9_000);
    expect(traffic.kept.length - vip.length).toBeLessThan(1_150);
    expectLedgerToAddUp(traffic);
  });
});

describe('rules', () => {
  const keptOf = (traffic: Traffic, name: string) => traffic.kept.filter((span) => span.name === name).length;

  it('give a route a budget of its own', () => {
    const traffic = new Traffic({
      maxSpansPerSecond: 100,
      rules: [
        { route: '/poll', maxSpansPerSecond: 10 },
        { route: 'POST /orders/*', maxSpansPerSecond: Number.POSITIVE_INFINITY },
        { route: 'import', maxSpansPerSecond: 0 },
      ],
    });
    traffic.steady(1_000, 5, (index): Request => {
      if (index % 5 === 0) return { route: '/orders/:id', method: 'POST' };
      if (index % 5 === 1) return { route: '/orders/:id' };
      return { route: '/poll' };
    });
    expect(keptOf(traffic, 'POST /orders/:id')).toBe(1_000);
    expect(keptOf(traffic, 'GET /orders/:id')).toBeGreaterThan(490);
    expect(keptOf(traffic, 'GET /orders/:id')).toBeLessThan(620);
    expect(keptOf(traffic, 'GET /poll')).toBeLessThanOrEqual(61);
    traffic.tracer.start('import', { parent: null }).end();
    expect(keptOf(traffic, 'import')).toBe(0);
    traffic.tracer.start('import', { parent: null }).recordError(new Error('no')).end();
    expect(keptOf(traffic, 'import')).toBe(1);
  });

  it('set the slow threshold of a route', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1, rules: [{ route: '/report', keepSlowerThanMillis: 5_000 }] });
    traffic.steady(1_000, 1, () => ({ route: '/report', millis: 100 }));
    traffic.request({ route: '/report', millis: 4_000 });
    traffic.request({ route: '/report', millis: 6_000 });
    expect(keptFor(traffic, 'slow')).toBe(1);
  });

  it('apply without a general limit, too', () => {
    const traffic = new Traffic({
      maxSpansPerSecond: Number.POSITIVE_INFINITY,
      rules: [{ route: '/poll', maxSpansPerSecond: 10 }],
    });
    traffic.steady(1_000, 2, (index) => ({ route: index % 2 === 0 ? '/poll' : '/other' }));
    expect(keptOf(traffic, 'GET /other')).toBe(1_000);
    expect(keptOf(traffic, 'GET /poll')).toBeLessThanOrEqual(31);
  });
});

describe('health checks', () => {
  it.each(['/health', '/metrics'])('are not kept when fast and well: %s', (route) => {
    const traffic = new Traffic();
    traffic.request({ route, children: 2 });
    traffic.request({ route: undefined, path: route, status: 204 });
    expect(traffic.kept).toEqual([]);
    expectLedgerToAddUp(traffic);

    traffic.request({ route, millis: 150 });
    traffic.request({ route, status: 503, outcome: 'error' });
    traffic.request({ route, status: 404 });
    traffic.request({ route, status: undefined });
    traffic.request({ route, attributes: { 'ferret.keep': true } });
    expect(traffic.kept.map(({ sampling }) => sampling?.reason)).toEqual([
      'budget',
      'error',
      'error',
      'error',
      'asked',
    ]);
  });

  it('are treated like any other request if keepHealthChecks is set', () => {
    const traffic = new Traffic({ keepHealthChecks: true });
    traffic.request({ route: '/health' });
    expect(traffic.kept).toHaveLength(1);
  });
});

describe('at the end', () => {
  it('decides every trace that waits', () => {
    const traffic = new Traffic();
    const root = traffic.open();
    traffic.child(root).end();
    traffic.sampler.decidePending();
    expect(traffic.kept).toHaveLength(1);
    expect(traffic.sampler.held).toBe(0);
  });

  it('keeps open requests as interrupted, with their spans', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 1, ceilingSpansPerSecond: 1_000 });
    traffic.steady(1_000, 1);
    const root = traffic.open();
    traffic.child(root).end();
    traffic.child(root);
    traffic.tracer.interruptOpen();
    const trace = traffic.kept.filter(({ traceId }) => traceId === root.traceId);
    expect(trace.map(({ sampling }) => sampling?.reason)).toEqual(['error', 'error', 'error']);
  });
});
