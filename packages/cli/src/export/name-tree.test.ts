import { FIXTURE_TRACE, makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { exportFolded } from './folded.js';
import { makeSource } from './source.fixture.js';
import { asIterable, textOf } from './span.fixture.js';

const start = makeSpan().startMicros;

function traceOf(root: string, rootMicros: number, ...children: [name: string, atMicros: number, micros: number][]) {
  const spans = children.map(([name, at, micros], index) =>
    makeSpan({
      spanId: `c${index}`,
      parentId: 'root',
      name,
      startMicros: start + at,
      durationNanos: micros * 1_000,
    }),
  );
  return {
    traceId: FIXTURE_TRACE,
    part: 0,
    spans: [makeSpan({ spanId: 'root', name: root, durationNanos: rootMicros * 1_000 }), ...spans],
  };
}

async function fold(...traces: ReturnType<typeof traceOf>[]): Promise<string[]> {
  return (await textOf(exportFolded(asIterable(...traces), makeSource()))).split('\n').slice(0, -1);
}

describe('R10: folded stacks', () => {
  it('are merged by name over all traces, the slowest root and child first', async () => {
    expect(
      await fold(
        traceOf('GET /fast', 100, ['load', 10, 30]),
        traceOf('GET /slow', 1_000, ['load', 0, 300], ['render', 300, 600]),
        traceOf('GET /slow', 1_000, ['load', 0, 200], ['load', 200, 100]),
      ),
    ).toEqual(['GET /slow 800', 'GET /slow;load 600', 'GET /slow;render 600', 'GET /fast 70', 'GET /fast;load 30']);
  });

  it('say how many spans are folded into the frames above', async () => {
    const warnings: string[] = [];
    const trace = traceOf('GET /', 100, ['load', 0, 30]);
    const folded = {
      'ferret.folded.names': ['SELECT'],
      'ferret.folded.counts': [212],
      'ferret.folded.durations_ns': [9],
    };
    const root = { ...trace.spans[0]!, attributes: folded };
    const source = { ...makeSource(), warn: (text: string) => warnings.push(text) };
    const traces = asIterable({ ...trace, spans: [root, ...trace.spans.slice(1)] });
    expect(await textOf(exportFolded(traces, source))).toBe('GET / 70\nGET /;load 30\n');
    expect(warnings).toEqual(['212 folded spans drawn as a part of the spans above.']);
  });

  it('have the time of repeats, which have one row', async () => {
    const trace = traceOf('GET /', 1_000, ['item', 0, 10]);
    const attributes = {
      'ferret.folded.names': ['item', 'SELECT'],
      'ferret.folded.counts': [50, 200],
      'ferret.folded.durations_ns': [500_000, 400_000],
      'ferret.folded.self_ns': [100_000, 400_000],
      'ferret.folded.siblings': 50,
      'ferret.folded.busy_ns': 500_000,
    };
    const row = { ...trace.spans[1]!, attributes };
    expect(await fold({ ...trace, spans: [trace.spans[0]!, row] })).toEqual([
      'GET / 490',
      'GET /;item 110',
      'GET /;item;SELECT 400',
    ]);
  });

  it('keep names within a frame, and lines within a line', async () => {
    expect(await fold(traceOf('a;b\nc\u001b', 5), traceOf('', 4), traceOf('\u00a0', 3), traceOf(' d ', 2))).toEqual([
      'a:b\\x0ac\\x1b 5',
      '"" 4',
      '"\u00a0" 3',
      'd 2',
    ]);
  });

  it('are cut where they are too deep for a viewer, and say so', async () => {
    const spans = Array.from({ length: 5_000 }, (_, depth) =>
      makeSpan({
        spanId: `s${depth}`,
        ...(depth > 0 && { parentId: `s${depth - 1}` }),
        name: `n${depth}`,
        durationNanos: (5_000 - depth) * 1_000,
      }),
    );
    const source = makeSource();
    const text = await textOf(exportFolded(asIterable({ traceId: FIXTURE_TRACE, part: 0, spans }), source));
    const lines = text.split('\n').slice(0, -1);
    expect(lines).toHaveLength(500);
    expect(lines.map((line) => Number(/ (\d+)$/.exec(line)?.[1])).reduce((sum, micros) => sum + micros)).toBe(5_000);
    expect(source.warnings).toEqual([expect.stringMatching(/^4,500 spans below a depth of 500/)]);
  });

  it('have one frame for names beyond a number', async () => {
    const source = makeSource();
    const traces = Array.from({ length: 50_010 }, (_, index) => traceOf(`GET /${index}`, 1));
    const text = await textOf(exportFolded(asIterable(...traces), source));
    expect(text.split('\n')).toHaveLength(50_002);
    expect(text).toContain('(other names) 10\n');
    expect(source.warnings).toEqual([expect.stringMatching(/^10 spans drawn as "\(other names\)"/)]);
  });
});
