// Results of the growth benchmark, as tables and curves.
import { hundredths, quartileCell, table, tenths, whole } from './cells.mjs';

export function describeGrowth({ rate, sizes, routes }) {
  return [
    'Added times are of a request to the Express app, against bare, of three processes of each a row: what differs ' +
      'less than processes do says nothing. The writer is that of the section on it, for the spans that come next.',
    '',
    '### By spans in the file',
    '',
    table(
      [
        'spans in the file',
        'main thread, us added',
        'all threads, us added',
        `event-loop p99 added at ${whole(rate)}/s, ms`,
        'p99.9 added, ms',
        'written a second',
        'main / others, us a span',
        'bytes a span',
        'a trace by its id, ms',
      ],
      sizes.map((row) => [
        whole(row.spans),
        quartileCell(row.overhead.addedMainMicros),
        quartileCell(row.overhead.addedAllMicros),
        quartileCell(row.loop.measures.p99Millis.added),
        quartileCell(row.loop.measures.p999Millis.added),
        ...writerCells(row),
        tenths(row.writer.traceMillis),
      ]),
    ),
    '',
    '### By routes',
    '',
    table(
      [
        'routes',
        'main thread, us added',
        'all threads, us added',
        'start, attributes, end, ns',
        'resident, MB',
        'written a second',
        'main / others, us a span',
        'bytes a span',
      ],
      routes.map((row) => [
        whole(row.routes),
        quartileCell(row.overhead.addedMainMicros),
        quartileCell(row.overhead.addedAllMicros),
        quartileCell(row.recording, whole),
        quartileCell(row.overhead.residentMegabytes, tenths),
        ...writerCells(row),
      ]),
    ),
  ].join('\n');
}

function writerCells({ writer, bytesPerSpan }) {
  return [
    whole(writer.spansPerSecond),
    `${hundredths(writer.mainNanos / 1_000)} / ${hundredths(writer.poolNanos / 1_000)}`,
    whole(bytesPerSpan),
  ];
}

export function growthPlots({ sizes, routes }) {
  const curves = (rows, x, key, figures) =>
    figures.map(([name, title, y, series]) => ({
      file: `growth-${key}-${name}.svg`,
      title: `${title}, by ${x}`,
      x,
      y,
      series: Object.entries(series).map(([label, of]) => ({
        name: label,
        points: rows.map((row) => [row[key], of(row)]),
      })),
    }));
  const common = [
    [
      'overhead',
      'Added to a request',
      'us',
      {
        'main thread': (row) => row.overhead.addedMainMicros.median,
        'all threads': (row) => row.overhead.addedAllMicros.median,
      },
    ],
    ['writer', 'Written a second', 'spans', { Ferret: (row) => row.writer.spansPerSecond }],
    [
      'processor',
      'Writing a span',
      'us',
      { 'main thread': (row) => row.writer.mainNanos / 1_000, 'other threads': (row) => row.writer.poolNanos / 1_000 },
    ],
    ['bytes', 'A span in the file', 'bytes', { Ferret: (row) => row.bytesPerSpan }],
  ];
  const loop = [
    'event-loop',
    'Event-loop delay added',
    'ms',
    {
      p99: (row) => row.loop.measures.p99Millis.added.median,
      'p99.9': (row) => row.loop.measures.p999Millis.added.median,
    },
  ];
  const trace = ['trace', 'A trace by its id', 'ms', { Ferret: (row) => row.writer.traceMillis }];
  const recording = ['recording', 'Start, three attributes, end', 'ns', { Ferret: (row) => row.recording.median }];
  return [
    ...curves(sizes, 'spans in the file', 'spans', [...common, loop, trace]),
    ...curves(routes, 'routes', 'routes', [...common, recording]),
  ];
}
