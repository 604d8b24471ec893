import type { StoredSpan } from '@ferretjs/core/reader';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal.js';
import { renderTree, type TreeStyle } from './render-tree.js';
import { buildTrees } from './trace-tree.js';

const terminal: Terminal = {
  colors: picocolors.createColors(false),
  width: Number.POSITIVE_INFINITY,
  isUnicode: true,
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

function render(spans: readonly StoredSpan[], style?: TreeStyle): string[] {
  return buildTrees(spans)
    .map((root) => renderTree(terminal, root, style))
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
      '   duration     self  share  span',
      '*   1.00 ms   100 us   10 %  GET /a  500  error: TypeError  user.id=42',
      '*    900 us  1.00 us   <1 %  ├─ load',
      '*    899 us   899 us   90 %  │  └─ SELECT',
      '    4.00 us  4.00 us   <1 %  ├─ render  aborted',
      '    1.00 us  1.00 us   <1 %  └─ late  (parent missing)',
      '* critical path: what the end waited for',
    ]);
  });

  it('says where a root was called from, and shows a root without a duration', () => {
    expect(render([span('GET /a', 'remote', 0, { isLocalRoot: true })])).toEqual([
      '   duration  self  share  span',
      '*      0 ns  0 ns    0 %  GET /a  (called from another service)',
    ]);
  });

  it('keeps the slowest spans of a wide trace, and counts the rest where it was', () => {
    const children = Array.from({ length: 1_000 }, (_, index) => span(`c${index}`, 'root', index + 1));
    const lines = render([span('root', undefined, 9_000), ...children, span('below', 'c1', 1)], { shownLines: 4 });
    expect(lines.map((line) => line.slice(line.indexOf('  c') + 2).trimStart())).toHaveLength(7);
    expect(lines.slice(2, -1).map((line) => line.replace(/^.*%/, '').trim())).toEqual([
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
    expect(lines).toHaveLength(203);
    expect(lines.at(-3)).toMatch(/└─ \(depth 199\) s199$/);
    expect(lines.at(-2)).toMatch(/\(depth 200\) \.\.\. 4,800 more spans, not shown$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(150);
  });

  it('shows siblings that are the same again and again as one line, and what is below them too', () => {
    const users = Array.from({ length: 48 }, (_, index) => [
      span(`u${index}`, 'root', 100 + index, { name: 'load user', startMicros: index }),
      span(`q${index}`, `u${index}`, 10, {
        name: 'SELECT users',
        startMicros: index,
        attributes: { system: 'sqlite', rows: index },
      }),
    ]);
    const pair = [1, 2].map((index) => span(`p${index}`, 'root', 50, { name: 'pair', startMicros: 60 }));
    expect(render([span('root', undefined, 1_000_000), ...users.flat(), ...pair])).toEqual([
      '   duration     self  share  span',
      '*   1.00 ms   994 us   99 %  root',
      '*   5.93 us  5.45 us   <1 %  ├─ x 48 load user  max 147 ns',
      '*    480 ns   480 ns   <1 %  │  └─ x 48 SELECT users  max 10 ns  system=sqlite',
      '*     50 ns    50 ns   <1 %  ├─ pair',
      '*     50 ns    50 ns   <1 %  └─ pair',
      '* critical path: what the end waited for',
    ]);
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
