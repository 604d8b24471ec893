import type { StoredSpan } from '@ferretjs/core/reader';
import { describe, expect, it } from 'vitest';
import { buildTrees, type SpanNode } from './trace-tree.js';

const EPOCH_MICROS = 1_767_225_600_000_000;

/** A span of `[start, end]` in microseconds. */
function span(spanId: string, parentId: string | undefined, [start, end]: [number, number], more = {}): StoredSpan {
  return {
    traceId: 't',
    spanId,
    ...(parentId !== undefined && { parentId }),
    isLocalRoot: parentId === undefined,
    runId: 'r',
    processKey: 'p',
    pid: 1,
    threadId: 0,
    name: spanId,
    kind: 'internal',
    startMicros: EPOCH_MICROS + start,
    durationNanos: (end - start) * 1_000,
    outcome: 'ok',
    attributes: {},
    ...more,
  };
}

/** `a(b(c) d)` */
function outline(nodes: readonly SpanNode[]): string {
  return nodes
    .map(({ span: { spanId }, children, isOrphan }) => {
      const below = children.length > 0 ? `(${outline(children)})` : '';
      return `${spanId}${isOrphan ? '?' : ''}${below}`;
    })
    .join(' ');
}

describe('buildTrees', () => {
  it('puts children under their parents, in order of start', () => {
    const trees = buildTrees([
      span('a', undefined, [0, 100]),
      span('b', 'a', [10, 40]),
      span('c', 'b', [15, 20]),
      span('d', 'a', [50, 60]),
    ]);
    expect(outline(trees)).toBe('a(b(c) d)');
    expect(trees[0]?.size).toBe(4);
  });

  it('takes the time of children that are folded into another from that of the parent, too', () => {
    const row = { attributes: { 'ferret.folded.siblings': 200, 'ferret.folded.busy_ns': 60_000 } };
    const [root] = buildTrees([span('a', undefined, [0, 100]), span('row', 'a', [10, 20], row)]);
    expect(root?.selfNanos).toBe((100 - 10 - 60) * 1_000);
    const [short] = buildTrees([span('a', undefined, [0, 50]), span('row', 'a', [10, 20], row)]);
    expect(short?.selfNanos).toBe(0);
  });

  it('takes the time of children from that of the parent once, though they overlap or outlive it', () => {
    const [root] = buildTrees([
      span('a', undefined, [0, 100]),
      span('in turn', 'a', [10, 20]),
      span('at once 1', 'a', [30, 60]),
      span('within', 'a', [35, 40]),
      span('at once 2', 'a', [40, 70]),
      span('outlives', 'a', [90, 500]),
      span('after the end', 'a', [200, 300]),
    ]);
    expect(root?.selfNanos).toBe((100 - 10 - 40 - 10) * 1_000);
  });

  it('shows spans whose parent is missing under the root of their process, and takes none of its time for them', () => {
    const trees = buildTrees([
      span('a', undefined, [0, 100]),
      span('orphan', 'gone', [5, 50]),
      span('below', 'orphan', [6, 7]),
      span('b', 'a', [10, 20]),
      span('other', 'elsewhere', [11, 12], { isLocalRoot: true, processKey: 'q' }),
      span('its orphan', 'gone too', [11, 12], { processKey: 'q' }),
    ]);
    expect(outline(trees)).toBe('a(orphan?(below) b) other(its orphan?)');
    expect(trees[0]).toMatchObject({ selfNanos: 90_000, size: 4 });
  });

  it('shows orphans by themselves where there is no root', () => {
    expect(outline(buildTrees([span('x', 'gone', [0, 1]), span('y', 'x', [0, 1]), span('z', 'gone', [2, 3])]))).toBe(
      'x?(y) z?',
    );
    expect(buildTrees([])).toEqual([]);
  });

  it('joins the processes of a trace', () => {
    const trees = buildTrees([
      span('client', undefined, [0, 100]),
      span('server', 'client', [10, 90], { isLocalRoot: true, processKey: 'q' }),
    ]);
    expect(outline(trees)).toBe('client(server)');
  });

  it('loses no span to an id used twice or to a span that is its own ancestor', () => {
    expect(
      outline(buildTrees([span('a', undefined, [0, 9]), span('a', undefined, [0, 9]), span('b', 'a', [1, 2])])),
    ).toBe('a(b) a');
    expect(outline(buildTrees([span('self', 'self', [0, 9])]))).toBe('self?');
    const circle = [span('tail', 'y', [0, 1]), span('x', 'y', [1, 9]), span('y', 'x', [2, 8])];
    expect(outline(buildTrees([span('root', undefined, [0, 10]), ...circle]))).toBe('root(y?(tail x))');
  });

  it('takes a trace as deep as it is long', () => {
    const deep = Array.from({ length: 50_000 }, (_, depth) =>
      span(`s${depth}`, depth === 0 ? undefined : `s${depth - 1}`, [depth, 100_000]),
    );
    const [root] = buildTrees(deep);
    expect(root).toMatchObject({ size: 50_000, selfNanos: 1_000 });
  });
});
