import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { describe, expect, it } from 'vitest';
import { makeSource } from './source.fixture.js';
import { asIterable, FIXTURE_TRACE, makeSpan, textOf } from './span.fixture.js';
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

async function convert(traces: StoredTrace[], source = makeSource()): Promise<SpeedscopeFile> {
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

  it('draws names beyond a number as one, and says so', async () => {
    const source = makeSource();
    const many = Array.from({ length: 16_390 }, (_, index) => trace([makeSpan({ name: `GET /${index}` })]));
    const { profiles, shared } = await convert(many, source);
    expect(profiles).toHaveLength(many.length);
    expect(shared.frames).toHaveLength(16_385);
    expect(shared.frames.at(-1)).toEqual({ name: '(other names)' });
    expect(source.warnings).toEqual([expect.stringMatching(/^6 spans drawn as "\(other names\)"/)]);
  });
});
