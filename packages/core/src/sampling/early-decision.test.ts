import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecordingSpan } from '../trace/recording-span.js';
import type { SamplingOptions } from './sampling-options.js';
import { type Request, Traffic } from './traffic.fixture.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Events that cause a decision on a trace before its root ends. */
const TIMES: Readonly<Record<string, (traffic: Traffic, root: RecordingSpan) => void>> = {
  'at its end': (traffic, root) => traffic.child(root).end(),
  'by its age': (traffic, root) => {
    traffic.child(root).end();
    for (let second = 0; second < 7; second++) {
      traffic.pass(1_000);
      traffic.sampler.tick();
    }
  },
  'by its size': (traffic, root) => {
    for (let index = 0; index < 600; index++) traffic.child(root, `SELECT ${index}`).end();
  },
  'by the bounds of memory': (traffic, root) => {
    for (let index = 0; index < 10; index++) traffic.child(root).end();
    const others = Array.from({ length: 100 }, () => traffic.open({ path: '/other' }));
    for (let index = 0; index < 400; index++) for (const other of others) traffic.child(other).end();
    for (const other of others) traffic.end(other, { route: '/other' });
  },
  'by flush()': (traffic, root) => {
    traffic.child(root).end();
    traffic.sampler.decidePending();
  },
};

const EARLY = Object.keys(TIMES);
const RULES: SamplingOptions = {
  rules: [{ route: '/poll', maxSpansPerSecond: 0, keepSlowerThanMillis: 60_000 }],
};

/** Sends one request whose trace is decided at the given event. Returns its kept spans. */
function decide(options: SamplingOptions, when: string, begin: Request, end: Request) {
  const traffic = new Traffic(options);
  const root = traffic.open(begin);
  TIMES[when]!(traffic, root);
  traffic.end(root, { millis: 50, ...end });
  traffic.sampler.decidePending();
  expect(traffic.sampler.held).toBe(0);
  const { kept, counters } = traffic;
  expect(kept.length + counters.sampledOut + counters.folded).toBe(counters.started);
  return kept.filter(({ traceId }) => traceId === root.traceId);
}

describe('K7: a rule holds whenever the trace of its request is decided', () => {
  it.each(EARLY)('%s: a request of a route that has a budget of 0 is not kept', (when) => {
    expect(decide(RULES, when, { path: '/poll' }, { route: '/poll' })).toEqual([]);
    expect(decide(RULES, when, {}, { route: '/poll' })).toEqual([]);
  });

  it.each(EARLY)('%s: a failed request is kept', (when) => {
    const kept = decide(RULES, when, { path: '/poll' }, { route: '/poll', outcome: 'error', status: 500 });
    expect(kept.at(-1)).toMatchObject({ name: 'GET /poll', sampling: { reason: 'error' } });
  });

  it.each(EARLY)('%s: a request slower than its rule allows is kept', (when) => {
    const kept = decide(RULES, when, { path: '/poll' }, { route: '/poll', millis: 61_000 });
    expect(kept.at(-1)).toMatchObject({ name: 'GET /poll', sampling: { reason: 'slow' } });
  });

  it.each(EARLY)('%s: a request of another route is kept', (when) => {
    const options = { ...RULES, maxSpansPerSecond: 100_000 };
    expect(decide(options, when, { path: '/users/1' }, { route: '/users/:id' })).not.toEqual([]);
    expect(decide(options, when, {}, { route: '/users/:id' })).not.toEqual([]);
  });

  it.each(EARLY)('%s: a job with a budget of 0 is not kept, since its name is known from the start', (when) => {
    const traffic = new Traffic({ rules: [{ route: 'import', maxSpansPerSecond: 0 }], keepSlowerThanMillis: 60_000 });
    const job = traffic.tracer.start('import', { parent: null }) as RecordingSpan;
    TIMES[when]!(traffic, job);
    job.end();
    expect(traffic.kept.filter(({ traceId }) => traceId === job.traceId)).toEqual([]);
  });

  it('the spans of a request that waits for its route are held, and those beyond 512 folded', () => {
    const kept = decide({ rules: [{ route: '/users/:id' }] }, 'by its size', { path: '/users/1' }, {});
    expect(kept).toHaveLength(513);
    expect(kept.at(-1)?.attributes['ferret.folded']).toBe(88);
  });

  it('a request that no rule can match is decided after 5 s, and its spans are passed on', () => {
    const traffic = new Traffic({ rules: [{ route: '/poll' }, { route: 'POST /users/*' }, { route: 'import' }] });
    traffic.child(traffic.open({ path: '/users/1' })).end();
    traffic.pass(5_000);
    traffic.sampler.tick();
    expect(traffic.kept).toHaveLength(1);
  });
});

describe('K7: a health check that is fine is not kept, at any time of the decision', () => {
  it.each(['at its end', 'by its size', 'by flush()', 'by the bounds of memory'])('%s', (when) => {
    for (const path of ['/health', '/metrics', '/Health/']) {
      expect(decide({}, when, { path }, { route: path.toLowerCase().replace(/\/$/, '') })).toEqual([]);
    }
    expect(decide({}, when, { path: '/health' }, { route: '/health', status: 503, outcome: 'error' })).not.toEqual([]);
  });

  it('a slower one is treated like any other request', () => {
    expect(decide({}, 'by its age', { path: '/health' }, { route: '/health', millis: 7_000 })).not.toEqual([]);
  });
});

describe('K7: when the process may end', () => {
  it('a request that waits for its route counts as interrupted', () => {
    const traffic = new Traffic(RULES);
    const root = traffic.open({ path: '/poll' });
    traffic.child(root).end();
    traffic.sampler.decidePending(undefined, true);
    expect(traffic.kept.map(({ sampling }) => sampling?.reason)).toEqual(['error']);
    traffic.end(root, { route: '/poll' });
    expect(traffic.kept).toHaveLength(2);
  });

  it('open spans are kept as interrupted, children with their root', () => {
    const traffic = new Traffic(RULES);
    const root = traffic.open({ path: '/poll' });
    for (let index = 0; index < 300; index++) traffic.child(root);
    traffic.tracer.interruptOpen();
    expect(traffic.kept).toHaveLength(301);
    expect(traffic.kept.at(-1)).toMatchObject({ isLocalRoot: true, outcome: 'interrupted' });
  });

  it('copies of open roots have the sums of the spans folded so far', () => {
    const traffic = new Traffic();
    const job = traffic.tracer.start('job', { parent: null });
    for (let index = 0; index < 1_000; index++) traffic.child(job, `step ${index}`).end();
    traffic.sampler.decidePending(undefined, true);
    const [copy] = traffic.tracer.copyOpen();
    expect(copy?.attributes['ferret.folded']).toBe(traffic.counters.folded);
    job.end();
    expect(traffic.kept.at(-1)?.attributes['ferret.folded']).toBe(traffic.counters.folded);
  });
});

it('K7: a request that is ignored later leaves no sums behind', () => {
  const traffic = new Traffic(RULES);
  const root = traffic.open({ path: '/poll' });
  for (let index = 0; index < 600; index++) traffic.child(root, `SELECT ${index}`).end();
  root.suppress();
  traffic.pass(6_000);
  traffic.sampler.tick();
  const { kept, counters, sampler } = traffic;
  expect(kept).toEqual([]);
  expect(counters.sampledOut + sampler.held).toBe(counters.started);
});
