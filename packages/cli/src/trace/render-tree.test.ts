import type { StoredSpan } from '@ferretjs/core/reader';
import { buildTrees } from '@ferretjs/queries';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal.js';
import { renderTree, type TreeStyle } from './render-tree.js';

const terminal: Terminal = {
  colors: picocolors.createColors(false),
  width: Number.POSITIVE_INFINITY,
  isUnicode: true,
  showsStatus: false,
  print: () => undefined,
  complain: () => undefined,
  write: async () => undefined,
  writeData: async () => undefined,
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

  it('has a line for each link and event of a span, and counts them over repeated siblings', () => {
    const links = [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: { n: 1 } }];
    const events = Array.from({ length: 10 }, (_, index) => ({ name: 'retry', timeMicros: index * 100 }));
    expect(
      render([
        span('job', undefined, 1_000_000, { links, events: events.slice(0, 2) }),
        ...['a', 'b', 'c'].map((id) => span(id, 'job', 100_000, { name: 'send', links })),
        span('poll', 'job', 1_000, { events }),
      ]).slice(1, 6),
    ).toEqual([
      '*   1.00 ms   900 us   90 %  job',
      `                             ├─ link to trace ${'1'.repeat(32)}, span ${'2'.repeat(16)}  n=1`,
      '                             ├─ event retry  0 ns after the start',
      '                             ├─ event retry  100 us after the start',
      expect.stringContaining('x 3 send'),
    ]);
  });

  it('has a line for each name of spans that are folded into another, and adds them up over repeated siblings', () => {
    const folded = (names: readonly string[], count: number) => ({
      'ferret.folded': names.length * count,
      'ferret.folded.names': names,
      'ferret.folded.counts': names.map(() => count),
      'ferret.folded.durations_ns': names.map((_, index) => 10_000 - index),
      'ferret.folded.errors': names.map(() => 1),
    });
    const names = Array.from({ length: 7 }, (_, index) => `name ${index}\u001b`);
    const jobs = [1, 2, 3].map((index) =>
      span(`j${index}`, 'root', 100, { name: 'job', attributes: folded(['late'], index) }),
    );
    const lines = render([span('root', undefined, 9_000, { attributes: folded(names, 1_000) }), ...jobs]);
    expect(lines.map((line) => line.replace(/^.*%/, '').trim()).slice(1, -1)).toEqual([
      'root',
      '├─ x 3 job  max 100 ns',
      '│  └─ + 6 folded: late, 30.0 us in total, 3 not ok',
      ...[0, 1, 2, 3, 4].map((index) => `├─ + 1,000 folded: name ${index}\\x1b, 10.0 us in total, 1 not ok`),
      '└─ + 2,000 folded: 2 more names',
    ]);
  });

  it('says how many different parameters the repeats of a query had', () => {
    const attributes = {
      'ferret.folded': 208,
      'ferret.folded.names': ['SELECT users'],
      'ferret.folded.counts': [208],
      'ferret.folded.durations_ns': [2_000_000],
      'ferret.folded.siblings': 208,
      'ferret.folded.parameters': 209,
    };
    const lines = render([
      span('root', undefined, 9_000),
      ...['a', 'b', 'c'].map((id) => span(id, 'root', 10, { name: 'SELECT users' })),
      span('d', 'root', 10, { name: 'SELECT users', attributes }),
    ]);
    expect(lines.at(-2)).toContain('+ 208 folded: SELECT users, 2.00 ms in total, 209 different parameters');
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
