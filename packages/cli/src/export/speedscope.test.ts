import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { FIXTURE_TRACE, makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { makeSource } from './source.fixture.js';
import { asIterable, textOf } from './span.fixture.js';
import { exportSpeedscope } from './speedscope.js';

interface SpeedscopeFile {
  name: string;
  shared: { frames: { name: string }[] };
  profiles: { name: string; type: string; endValue: number; events: { type: string; frame: number; at: number }[] }[];
}

const start = makeSpan().startMicros;
const trace = (spans: StoredSpan[], part = 0): StoredTrace => ({ traceId: FIXTURE_TRACE, part, spans });
const root = makeSpan({ spanId: 'a', durationNanos: 100_000 });
const child = (spanId: string, atMicros: number, more: Partial<StoredSpan> = {}) =>
  makeSpan({ spanId, name: spanId, parentId: 'a', startMicros: start + atMicros, durationNanos: 20_000, ...more });

/** As one trace that was asked for. */
const oneTrace = () => ({ ...makeSource(), isOneTrace: true });

async function convert(traces: StoredTrace[], source = oneTrace()): Promise<SpeedscopeFile> {
  return JSON.parse(await textOf(exportSpeedscope(asIterable(...traces), source))) as SpeedscopeFile;
}

describe('speedscope', () => {
  it('has an evented profile a trace, named by its root', async () => {
    const { profiles, shared, name } = await convert([trace([root, child('b', 10)]), trace([root])]);
    expect(name).toBe('shop run-1');
    expect(shared.frames).toEqual([{ name: 'GET /' }, { name: 'b' }]);
    expect(profiles).toHaveLength(2);
    expect(profiles[0]).toEqual({
      type: 'evented',
      name: `GET / ${FIXTURE_TRACE}`,
      unit: 'nanoseconds',
      startValue: 0,
      endValue: 100_000,
      events: [
        { type: 'O', frame: 0, at: 0 },
        { type: 'O', frame: 1, at: 10_000 },
        { type: 'C', frame: 1, at: 30_000 },
        { type: 'C', frame: 0, at: 100_000 },
      ],
    });
  });

  it('has one more for each lane of children that ran at once, on the same scale', async () => {
    const { profiles } = await convert([trace([root, child('b', 10), child('c', 20)], 1)]);
    expect(profiles.map(({ name, endValue }) => [name, endValue])).toEqual([
      [`GET / ${FIXTURE_TRACE}, part 2, lane 1 of 2`, 100_000],
      [`GET / ${FIXTURE_TRACE}, part 2, lane 2 of 2`, 100_000],
    ]);
  });

  it('tells spans that failed or were interrupted from those that did not', async () => {
    const spans = [
      root,
      child('b', 10, { outcome: 'error' }),
      child('b', 50, { outcome: 'interrupted' }),
      child('b', 70),
    ];
    expect((await convert([trace(spans)])).shared.frames.map((frame) => frame.name)).toEqual([
      'GET /',
      'b [error]',
      'b [interrupted]',
      'b',
    ]);
  });

  it('keeps hostile names', async () => {
    const name = '"]}\u001b\u202e\u2028😀\\';
    const { profiles, shared } = await convert([trace([makeSpan({ name })])]);
    expect(shared.frames).toEqual([{ name }]);
    expect(profiles[0]?.name).toBe(`${name} ${FIXTURE_TRACE}`);
  });

  it('is a file without a trace', async () => {
    expect(await convert([])).toMatchObject({ profiles: [], shared: { frames: [] } });
  });

  it('R10: cuts what is too deep for speedscope, and says so', async () => {
    const spans = Array.from({ length: 5_000 }, (_, depth) =>
      makeSpan({
        spanId: `s${depth}`,
        ...(depth > 0 && { parentId: `s${depth - 1}` }),
        startMicros: start + depth,
        durationNanos: (10_000 - 2 * depth) * 1_000,
      }),
    );
    const source = oneTrace();
    const { profiles } = await convert([trace(spans)], source);
    expect(profiles[0]?.events).toHaveLength(1_000);
    expect(source.warnings).toEqual([expect.stringMatching(/^4,500 spans below a depth of 500 left out/)]);
  });
});

interface SampledFile {
  shared: { frames: { name: string }[] };
  profiles: { name: string; type: string; endValue: number; samples: number[][]; weights: number[] }[];
}

async function merge(traces: StoredTrace[], source = makeSource()): Promise<SampledFile> {
  return JSON.parse(await textOf(exportSpeedscope(asIterable(...traces), source))) as SampledFile;
}

describe('R10: speedscope, of many traces', () => {
  it('has a sampled profile for each name of a root, merged by name, the slowest first', async () => {
    const slow = makeSpan({ spanId: 'a', name: 'GET /slow', durationNanos: 1_000_000 });
    const { profiles, shared } = await merge([
      trace([root, child('load', 10)]),
      trace([slow, child('load', 10), child('load', 50)]),
      trace([slow, child('render', 10, { outcome: 'error' })]),
    ]);
    expect(shared.frames.map(({ name }) => name)).toEqual(['GET /slow', 'load', 'render [error]', 'GET /']);
    expect(profiles).toEqual([
      {
        type: 'sampled',
        name: 'GET /slow',
        unit: 'nanoseconds',
        startValue: 0,
        endValue: 2_000_000,
        samples: [[0], [0, 1], [0, 2]],
        weights: [1_940_000, 40_000, 20_000],
      },
      {
        type: 'sampled',
        name: 'GET /',
        unit: 'nanoseconds',
        startValue: 0,
        endValue: 100_000,
        samples: [[3], [3, 1]],
        weights: [80_000, 20_000],
      },
    ]);
  });

  it('draws names beyond a number as one, and roots beyond another', async () => {
    const source = makeSource();
    const many = Array.from({ length: 16_390 }, (_, index) => trace([makeSpan({ name: `GET /${index}` })]));
    const { profiles, shared } = await merge(many, source);
    expect(profiles).toHaveLength(501);
    expect(profiles.at(-1)).toMatchObject({ name: '15,890 other roots', endValue: 15_890_000_000 });
    expect(shared.frames).toHaveLength(16_385);
    expect(shared.frames.at(-1)).toEqual({ name: '(other names)' });
    expect(source.warnings).toEqual([expect.stringMatching(/^6 names drawn as "\(other names\)"/)]);
  });
});
