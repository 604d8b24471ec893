import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecordingSpan } from '../trace/recording-span.js';
import type { Span } from '../trace/span.js';
import type { SpanData } from '../trace/span-data.js';
import { Traffic } from './traffic.fixture.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Runs children of one name one after the other, so many milliseconds each. */
function inTurn(traffic: Traffic, parent: Span, name: string, millis: readonly number[]): void {
  for (const each of millis) {
    const span = traffic.child(parent, name);
    traffic.pass(each);
    span.end();
  }
}

/** Runs a request around some work, and returns what was kept of it. */
function request(work: (root: Span, traffic: Traffic) => void, traffic = new Traffic()): readonly SpanData[] {
  const root = traffic.tracer.start('GET /orders', { kind: 'server', parent: null });
  work(root, traffic);
  root.end();
  return traffic.kept;
}

const named = (spans: readonly SpanData[], name: string) => spans.filter((span) => span.name === name);
const rowOf = (spans: readonly SpanData[]) => spans.find(({ values }) => 'ferret.folded.siblings' in values);
const millisOf = ({ durationNanos }: SpanData) => Math.round(durationNanos / 1e6);

describe('repeats', () => {
  it('of up to twenty siblings with one name are all kept', () => {
    const kept = request((root, traffic) => inTurn(traffic, root, 'SELECT', new Array(20).fill(1)));
    expect(kept).toHaveLength(21);
    expect(rowOf(kept)).toBeUndefined();
  });

  it('of more are the slowest three, those that failed, and one row with the sums of the others', () => {
    const traffic = new Traffic();
    const kept = request((root) => {
      inTurn(traffic, root, 'SELECT', [1, 5, 1, 9, 7, ...new Array(204).fill(2)]);
      for (let index = 0; index < 2; index++) traffic.child(root, 'SELECT').recordError(new Error('no')).end();
    }, traffic);
    const whole = named(kept, 'SELECT').filter((span) => span !== rowOf(kept));
    expect(whole.map((span) => (span.outcome === 'error' ? 'error' : millisOf(span)))).toEqual([
      5,
      9,
      7,
      'error',
      'error',
    ]);
    expect(rowOf(kept)?.values).toEqual({
      'ferret.folded': 205,
      'ferret.folded.names': ['SELECT'],
      'ferret.folded.counts': [205],
      'ferret.folded.durations_ns': [409e6],
      'ferret.folded.self_ns': [409e6],
      'ferret.folded.siblings': 205,
      'ferret.folded.busy_ns': 409e6,
    });
    const { started, folded, sampledOut } = traffic.counters;
    expect({ started, folded, sampledOut }).toEqual({ started: 212, folded: 205, sampledOut: 0 });
    expect(kept).toHaveLength(212 - 205);
  });

  it('are only those below one parent', () => {
    const kept = request((root, traffic) => {
      for (let index = 0; index < 3; index++) {
        const part = traffic.child(root, 'part');
        inTurn(traffic, part, 'SELECT', new Array(15).fill(1));
        part.end();
      }
    });
    expect(named(kept, 'SELECT')).toHaveLength(45);
  });

  it('take what is below them along, with its own sums', () => {
    const kept = request((root, traffic) => {
      for (let index = 0; index < 50; index++) {
        const item = traffic.child(root, 'item');
        traffic.pass(1);
        inTurn(traffic, item, 'SELECT', new Array(30).fill(1));
        item.end();
      }
    });
    expect(named(kept, 'item')).toHaveLength(4);
    const row = named(kept, 'item').find(({ values }) => 'ferret.folded.siblings' in values);
    expect(row?.values).toMatchObject({
      'ferret.folded': 46 * 31,
      'ferret.folded.names': ['item', 'SELECT'],
      'ferret.folded.counts': [46, 46 * 30],
      'ferret.folded.durations_ns': [46 * 31e6, 46 * 30e6],
      'ferret.folded.self_ns': [46e6, 46 * 30e6],
      'ferret.folded.siblings': 46,
    });
    const ids = new Set(kept.map(({ spanId }) => spanId));
    expect(kept.every(({ isLocalRoot, parentId = '' }) => isLocalRoot || ids.has(parentId))).toBe(true);
  });

  it('stay whole where something below them failed', () => {
    const kept = request((root, traffic) => {
      for (let index = 0; index < 40; index++) {
        const item = traffic.child(root, 'item');
        const query = traffic.child(item, 'SELECT');
        if (index === 20) query.recordError(new Error('no'));
        query.end();
        item.end();
      }
    });
    const failed = kept.find(({ outcome }) => outcome === 'error');
    expect(named(kept, 'item')).toHaveLength(5);
    expect(kept.map(({ spanId }) => spanId)).toContain(failed?.parentId);
  });

  it('that ran at once take no time that another has', () => {
    const kept = request((root, traffic) => {
      const all = Array.from({ length: 100 }, () => traffic.child(root, 'GET'));
      traffic.pass(10);
      for (const span of all) span.end();
    });
    expect(rowOf(kept)?.values).toMatchObject({
      'ferret.folded.durations_ns': [96 * 10e6],
      'ferret.folded.busy_ns': 0,
    });
  });

  it('say how many different parameters they had', () => {
    const kept = request((root, traffic) => {
      for (let index = 0; index < 100; index++) {
        const leaf = traffic.tracer.startLeaf(root as never, 'SELECT', 'client', { 'ferret.params': index % 7 });
        leaf?.end();
      }
    });
    expect(rowOf(kept)?.values).toMatchObject({ 'ferret.folded.siblings': 96, 'ferret.folded.parameters': 7 });
  });

  it('of any number are as few rows, in as little memory, and none is lost', () => {
    const traffic = new Traffic();
    let most = 0;
    const kept = request((root) => {
      for (let index = 0; index < 50_000; index++) {
        traffic.child(root, 'SELECT').end();
        most = Math.max(most, traffic.sampler.held);
      }
    }, traffic);
    expect(most).toBeLessThanOrEqual(512);
    expect(kept).toHaveLength(5);
    expect(rowOf(kept)?.values['ferret.folded']).toBe(49_996);
    expect(traffic.counters).toMatchObject({ started: 50_001, folded: 49_996, sampledOut: 0 });
  });

  it('are folded before an early decision too, which pays from the budget for their rows only', () => {
    const early: readonly [string, (traffic: Traffic) => void][] = [
      [
        'by its age',
        (traffic) => {
          traffic.pass(5_000);
          traffic.sampler.tick();
        },
      ],
      ['by flush()', (traffic) => traffic.sampler.decidePending()],
      ['at the end of the process', (traffic) => traffic.sampler.decidePending(undefined, true)],
    ];
    for (const [when, decide] of early) {
      for (const kind of ['internal', 'server'] as const) {
        const traffic = new Traffic(when === early[2]![0] ? { rules: [{ route: '*' }] } : {});
        const root = traffic.tracer.start('GET', { kind, parent: null });
        inTurn(traffic, root, 'SELECT', new Array(300).fill(1));
        decide(traffic);
        expect(traffic.kept.length, `${when}, ${kind}`).toBe(4);
        expect(rowOf(traffic.kept)?.values['ferret.folded']).toBe(296);
        root.end();
        const { started, folded, sampledOut } = traffic.counters;
        expect({ started, folded, sampledOut }).toEqual({ started: 301, folded: 296, sampledOut: 0 });
      }
    }
  });

  it('that another library gives one id are neither lost nor gone through for ever', () => {
    const traffic = new Traffic();
    const [a, b] = ['a'.repeat(16), 'b'.repeat(16)];
    const kept = request((root) => {
      const { traceId, spanId } = root;
      // Below themselves, below each other, and all with the id of the root.
      for (const [id, parentId, name] of [
        [a, a, 'x'],
        [a, b, 'y'],
        [b, a, 'z'],
        [spanId, spanId, 'q'],
      ] as const) {
        for (let index = 0; index < 40; index++) {
          const span = traffic.tracer.startForeign({
            name,
            kind: 'internal',
            ids: { traceId, spanId: id },
            parent: { traceId, spanId: parentId } as Span,
            describe: () => ({ attributes: {} }),
          });
          // As below the span of that id.
          Object.assign(span?.data ?? {}, { trace: (root as RecordingSpan).trace });
          if (index === 7) span?.recordError(new Error('no'));
          span?.end();
        }
      }
    }, traffic);
    const sums = kept.map(({ values }) => Number(values['ferret.folded'] ?? 0)).reduce((x, y) => x + y, 0);
    expect(kept.filter(({ outcome }) => outcome === 'error')).toHaveLength(4);
    expect(kept.length + sums).toBe(161);
    expect(traffic.counters).toMatchObject({ started: 161, folded: sums, sampledOut: 0 });
  });

  it('are sampled out with their trace, and counted', () => {
    const traffic = new Traffic({ maxSpansPerSecond: 0.001, ceilingSpansPerSecond: 0.001 });
    while (traffic.request() && traffic.counters.sampledOut === 0);
    const before = traffic.kept.length;
    const { started, sampledOut } = { ...traffic.counters };
    request((root) => inTurn(traffic, root, 'SELECT', new Array(2_000).fill(0)), traffic);
    expect(traffic.kept).toHaveLength(before);
    expect(traffic.counters.sampledOut - sampledOut).toBe(traffic.counters.started - started);
  });

  it('are all kept where everything is to be kept', () => {
    const rules = [{ route: 'job', maxSpansPerSecond: Number.POSITIVE_INFINITY }];
    for (const options of [{ maxSpansPerSecond: Number.POSITIVE_INFINITY }, { rules }]) {
      const traffic = new Traffic(options);
      const job = traffic.tracer.start('job', { parent: null });
      inTurn(traffic, job, 'SELECT', new Array(300).fill(0));
      job.end();
      expect(traffic.kept).toHaveLength(301);
    }
    // Requests that no rule can match, in number beyond those that are held.
    const traffic = new Traffic({ maxSpansPerSecond: Number.POSITIVE_INFINITY, rules: [{ route: '/poll' }] });
    const root = traffic.open({ path: '/users/1' });
    inTurn(traffic, root, 'SELECT', new Array(600).fill(0));
    traffic.end(root);
    expect(traffic.kept).toHaveLength(601);
  });

  it('whatever runs in whatever order, every span is kept or counted in a sum, and no time is lost', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b'),
      action: fc.constantFrom('leaf', 'leaf', 'leaf', 'down', 'up', 'fail'),
      repeat: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 64 }), (steps, maxChildSpans) => {
        const traffic = new Traffic({ maxChildSpans });
        const kept = request((root) => {
          const open = [root];
          for (const { name, action, repeat } of steps) {
            const parent = open.at(-1)!;
            if (action === 'down') open.push(traffic.child(parent, name));
            else if (action === 'up' && open.length > 1) open.pop()?.end();
            else if (action === 'fail') traffic.child(parent, name).recordError(new Error('no')).end();
            else inTurn(traffic, parent, name, new Array(repeat).fill(1));
          }
          for (const span of open.slice(1).reverse()) span.end();
        }, traffic);
        const sums = kept.map(({ values }) => Number(values['ferret.folded'] ?? 0)).reduce((a, b) => a + b, 0);
        expect(sums).toBe(traffic.counters.folded);
        expect(kept.length + sums).toBe(traffic.counters.started);
        expect(kept.length).toBeLessThanOrEqual(1 + maxChildSpans);
      }),
      { numRuns: 200 },
    );
    vi.useRealTimers();
  });
});
