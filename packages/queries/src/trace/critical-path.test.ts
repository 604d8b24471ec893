import { makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { criticalPath } from './critical-path.js';
import { buildTrees } from './trace-tree.js';

const EPOCH = 1_767_225_600_000_000;

type Drawn = readonly [id: string, parent: string | undefined, start: number, end: number];

/** The critical path of spans, times in microseconds. */
function pathOf(...spans: readonly Drawn[]): string[] {
  const [root] = buildTrees(
    spans.map(([spanId, parentId, start, end]) =>
      makeSpan({
        spanId,
        ...(parentId !== undefined && { parentId }),
        isLocalRoot: parentId === undefined,
        startMicros: EPOCH + start,
        durationNanos: (end - start) * 1_000,
      }),
    ),
  );
  return [...criticalPath(root!)].map(({ span }) => span.spanId).sort();
}

describe('the critical path', () => {
  it('goes through children that ran one after the other', () => {
    expect(pathOf(['r', undefined, 0, 100], ['a', 'r', 0, 40], ['b', 'r', 50, 90], ['c', 'b', 60, 70])).toEqual([
      'a',
      'b',
      'c',
      'r',
    ]);
  });

  it('takes of what ran at once the one that ended last', () => {
    expect(pathOf(['r', undefined, 0, 100], ['fast', 'r', 10, 40], ['slow', 'r', 10, 90])).toEqual(['r', 'slow']);
    const staggered: Drawn[] = [
      ['r', undefined, 0, 100],
      ['a', 'r', 0, 50],
      ['b', 'r', 20, 60],
      ['c', 'r', 50, 100],
    ];
    expect(pathOf(...staggered)).toEqual(['a', 'c', 'r']);
  });

  it('leaves out what outlives its parent, and what has lost it', () => {
    expect(pathOf(['r', undefined, 0, 100], ['late', 'r', 50, 200], ['a', 'r', 0, 20])).toEqual(['a', 'r']);
    expect(pathOf(['r', undefined, 0, 100], ['orphan', 'gone', 50, 60])).toEqual(['r']);
  });

  it('forgives the rounding of starts', () => {
    expect(pathOf(['r', undefined, 0, 100], ['a', 'r', 50, 101])).toEqual(['a', 'r']);
  });

  it('is found in a trace as deep as it is long', () => {
    const deep = Array.from(
      { length: 10_000 },
      (_, at): Drawn => [`s${at}`, at === 0 ? undefined : `s${at - 1}`, 0, 10],
    );
    expect(pathOf(...deep)).toHaveLength(10_000);
  });
});
