import { makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { type Lane, layOutLanes } from './lanes.js';

/** `0 a, 1 b, 5 /b, 9 /a`: what happens on a lane, and when. */
function story({ events }: Lane): string {
  return events.map(({ kind, span, atNanos }) => `${atNanos} ${kind === 'open' ? '' : '/'}${span.name}`).join(', ');
}

/** Times in microseconds; the id is the name. */
function span(name: string, startMicros: number, micros: number, parentId?: string) {
  return makeSpan({ name, spanId: name, startMicros, durationNanos: micros * 1_000, ...(parentId && { parentId }) });
}

const lanes = (...spans: ReturnType<typeof span>[]) => layOutLanes(spans).map(story);

describe('lanes', () => {
  it('nest children that ran in turn in their parent', () => {
    expect(
      lanes(span('a', 100, 100), span('b', 110, 20, 'a'), span('c', 115, 5, 'b'), span('d', 140, 10, 'a')),
    ).toEqual(['0 a, 10000 b, 15000 c, 20000 /c, 30000 /b, 40000 d, 50000 /d, 100000 /a']);
  });

  it('split children that ran at once, and keep what lies below each with it', () => {
    expect(
      lanes(
        span('a', 0, 100),
        span('b', 10, 50, 'a'),
        span('c', 20, 50, 'a'),
        span('d', 30, 10, 'c'),
        span('e', 80, 9, 'a'),
      ),
    ).toEqual(['0 a, 10000 b, 60000 /b, 80000 e, 89000 /e, 100000 /a', '20000 c, 30000 d, 40000 /d, 70000 /c']);
  });

  it('never show a span inside one that is not its parent', () => {
    expect(lanes(span('a', 0, 100), span('b', 10, 80, 'a'), span('inside b by time', 20, 10, 'a'))).toHaveLength(2);
    expect(lanes(span('a', 0, 100), span('orphan', 20, 10, 'gone'))).toHaveLength(2);
  });

  it('use a lane again that has become free', () => {
    expect(lanes(span('a', 0, 10), span('b', 20, 10, 'a'), span('c', 31, 10, 'gone'))).toEqual([
      '0 a, 10000 /a, 20000 b, 30000 /b, 31000 c, 41000 /c',
    ]);
  });

  it('give a child that outlives its parent a lane of its own', () => {
    expect(lanes(span('a', 0, 100), span('b', 50, 100, 'a'))).toEqual(['0 a, 100000 /a', '50000 b, 150000 /b']);
  });

  it('move apart what overlaps by rounding only, and draw what has no length', () => {
    expect(lanes(span('a', 0, 100), span('b', 10, 20.9, 'a'), span('c', 30, 10, 'a'), span('d', 60, 41, 'a'))).toEqual([
      '0 a, 10000 b, 30900 /b, 30901 c, 40901 /c, 60000 d, 99999 /d, 100000 /a',
    ]);
    expect(lanes(span('a', 0, 1), span('b', 0, 0, 'a'), span('c', 0, 0, 'a'))).toEqual([
      '0 a, 0 b, 1 /b, 2 c, 3 /c, 1000 /a',
    ]);
  });

  it('lose no span, whatever the file says', () => {
    const hostile = [
      span('self', 0, 10, 'self'),
      span('twice', 1, 10),
      span('twice', 2, 3, 'twice'),
      span('x', 3, 5, 'twice'),
      span('y', 3, 5, 'x'),
    ];
    const opened = layOutLanes(hostile).flatMap((lane) => lane.events.filter((event) => event.kind === 'open'));
    expect(opened).toHaveLength(hostile.length);
    expect(lanes()).toEqual([]);
  });

  it('are proper stacks for any trace', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 300; round += 1) {
      const spans = Array.from({ length: 1 + random(40) }, (_, index) => ({
        ...span(String(index), random(20), random(15), random(4) === 0 ? undefined : String(random(index + 1))),
        durationNanos: random(15_000),
      })).sort((a, b) => a.startMicros - b.startMicros || b.durationNanos - a.durationNanos);
      const drawn = layOutLanes(spans).map((lane) => {
        const stack: string[] = [];
        let now = 0;
        for (const { kind, span: at, atNanos } of lane.events) {
          expect(atNanos).toBeGreaterThanOrEqual(now);
          now = atNanos;
          if (kind === 'open') stack.push(at.spanId);
          else expect(stack.pop()).toBe(at.spanId);
        }
        expect(stack).toEqual([]);
        return lane.events.length / 2;
      });
      expect(drawn.reduce((sum, count) => sum + count, 0)).toBe(spans.length);
    }
  });

  it('are laid out in little time for ten thousand that run at once, or in each other', () => {
    const wide = Array.from({ length: 10_000 }, (_, index) => span(`${index}`, index, 1e6, 'a'));
    expect(layOutLanes([span('a', 0, 2e6), ...wide])).toHaveLength(10_000);
    const deep = Array.from({ length: 10_000 }, (_, index) =>
      span(`${index}`, index, 50_000 - index * 2, `${index - 1}`),
    );
    expect(layOutLanes(deep)).toHaveLength(1);
  });
});
