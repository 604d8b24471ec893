import type { StoredSpan } from '@ferretjs/core/reader';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal.js';
import { buildTrees } from '../trace-tree.js';
import { renderTree } from './tree.js';

const terminal: Terminal = {
  colors: picocolors.createColors(false),
  width: Number.POSITIVE_INFINITY,
  print: () => undefined,
  complain: () => undefined,
  write: async () => undefined,
  status: () => undefined,
};

function span(spanId: string, parentId: string | undefined, durationNanos: number, more = {}): StoredSpan {
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
    startMicros: 0,
    durationNanos,
    outcome: 'ok',
    attributes: {},
    ...more,
  };
}

function render(spans: readonly StoredSpan[], shownSpans?: number): string[] {
  return buildTrees(spans)
    .map((root) => renderTree(terminal, root, shownSpans))
    .join('\n')
    .split('\n');
}

describe('renderTree', () => {
  it('draws durations, self times, shares, outcomes and attributes', () => {
    expect(
      render([
        span('GET /a', undefined, 1_000_000, {
          httpStatusCode: 500,
          outcome: 'error',
          errorType: 'TypeError',
          attributes: { 'user.id': 42 },
        }),
        span('load', 'GET /a', 900_000),
        span('SELECT', 'load', 899_000),
        span('render', 'GET /a', 4_000, { outcome: 'aborted' }),
        span('late', 'gone', 1_000),
      ]),
    ).toEqual([
      'duration     self  share  span',
      ' 1.00 ms   100 us   10 %  GET /a  500  error: TypeError  user.id=42',
      '  900 us  1.00 us   <1 %  ├─ load',
      '  899 us   899 us   90 %  │  └─ SELECT',
      ' 4.00 us  4.00 us   <1 %  ├─ render  aborted',
      ' 1.00 us  1.00 us   <1 %  └─ late  (parent missing)',
    ]);
  });

  it('says where a root was called from, and shows a root without a duration', () => {
    expect(render([span('GET /a', 'remote', 0, { isLocalRoot: true })])).toEqual([
      'duration  self  share  span',
      '    0 ns  0 ns    0 %  GET /a  (called from another service)',
    ]);
  });

  it('keeps the slowest spans of a wide trace, and counts the rest where it was', () => {
    const children = Array.from({ length: 1_000 }, (_, index) => span(`c${index}`, 'root', index + 1));
    const lines = render([span('root', undefined, 9_000), ...children, span('below', 'c1', 1)], 4);
    expect(lines.map((line) => line.slice(line.indexOf('  c') + 2).trimStart())).toHaveLength(6);
    expect(lines.slice(2).map((line) => line.replace(/^.*%/, '').trim())).toEqual([
      '├─ c997',
      '├─ c998',
      '├─ c999',
      '└─ ... 998 more spans, not shown',
    ]);
  });

  it('indents a deep trace only so far', () => {
    const deep = Array.from({ length: 5_000 }, (_, depth) =>
      span(`s${depth}`, depth === 0 ? undefined : `s${depth - 1}`, 10_000 - depth),
    );
    const lines = render(deep);
    expect(lines).toHaveLength(202);
    expect(lines.at(-2)).toMatch(/└─ \(depth 199\) s199$/);
    expect(lines.at(-1)).toMatch(/\(depth 200\) \.\.\. 4,800 more spans, not shown$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(150);
  });

  it('escapes what the file says', () => {
    const hostile = span('a\u001b[2J', undefined, 1, {
      outcome: 'error',
      errorType: '\u202eE',
      attributes: { k: '\u0007' },
    });
    expect(render([hostile])[1]).toContain('a\\x1b[2J  error: \\u202eE  k=\\x07');
  });
});
