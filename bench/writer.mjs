// The rate of spans into the file, its cost, and the size of the file, from an empty file to ten million spans.
import { join } from 'node:path';
import { hundredths, table, tenths, whole } from './cells.mjs';
import { growFile } from './grow-file.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

export const writer = {
  name: 'writer',
  title: 'Writer',
  seconds: 105,
  // The last stretches are on a file of ten million.
  full: { sizes: [10_000, ...Array.from({ length: 14 }, (_, index) => (index + 1) * 1_000_000)] },
  short: { sizes: [10_000, 60_000] },
  measure,
  describe,
  plots,
};

async function measure({ sizes }, say) {
  return await inTemporaryFolder(async (folder) => {
    const rows = [];
    for await (const row of growFile({ file: join(folder, 'ferret.db'), sizes })) {
      rows.push({ ...row, bytesPerSpan: row.bytes / row.stored });
      say(`${whole(row.stored)} spans: ${whole(row.spansPerSecond)} a second`);
    }
    return { rows };
  });
}

function describe({ rows }) {
  return [
    'Recording, batching and writing as fast as it goes, three attributes a span, each span a trace of its own, ' +
      'with all indexes and statistics. The main thread records as well, so its share is the recording, the batch ' +
      'and its JSON; the other threads write.',
    '',
    table(
      [
        'spans in the file',
        'a second, until there',
        'main thread, us a span',
        'others, us a span',
        'bytes a span',
        'a trace by its id, ms',
      ],
      rows.map((row) => [
        whole(row.stored),
        whole(row.spansPerSecond),
        hundredths(row.mainNanos / 1_000),
        hundredths(row.poolNanos / 1_000),
        whole(row.bytesPerSpan),
        tenths(row.traceMillis),
      ]),
    ),
    '',
    `Spans lost: ${whole(rows.at(-1).lost)}.`,
  ].join('\n');
}

function plots({ rows }) {
  return [
    {
      file: 'writer-rate.svg',
      title: 'Writer: spans a second as the file grows',
      x: 'spans in the file',
      y: 'spans a second',
      series: [{ name: 'Ferret', points: rows.map((row) => [row.stored, row.spansPerSecond]) }],
    },
  ];
}
