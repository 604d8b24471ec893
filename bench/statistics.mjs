// The cost of the statistics and the sampler: the time from the start of a span to the end of its trace, with and
// without them. They are internals of core, which measures them in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quartileCell, table, tenths, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';

const PROCESS = fileURLToPath(new URL('../packages/core/bench/statistics-process.mjs', import.meta.url));

export const statistics = {
  name: 'statistics',
  title: 'Statistics and sampler',
  seconds: 10,
  full: { rounds: 30, traces: 20_000 },
  short: { rounds: 1, traces: 5_000 },
  measure,
  describe,
};

/** Nanoseconds a trace for each variant, and what it adds to the first of them, round by round. */
async function measure({ rounds, traces }, say) {
  const child = fork(PROCESS, { env: { ...process.env, ROUNDS: rounds, TRACES: traces } });
  const [measured] = await once(child, 'message');
  await once(child, 'close');
  const rows = measured.rows.map(({ children, name, samples }) => {
    const [first] = measured.rows.filter((row) => row.children === children);
    const added = quartiles(samples.map((nanos, round) => nanos - first.samples[round]));
    const row = { children, name, nanos: quartiles(samples), added };
    say(
      `${children} children, ${name}: ${row.nanos.median.toFixed(0)} ns a trace, ` +
        `${added.median.toFixed(0)} [${added.q1.toFixed(0)}, ${added.q3.toFixed(0)}] added`,
    );
    return row;
  });
  const { recordNanos } = measured;
  say(`Histogram.record: ${recordNanos.toFixed(1)} ns`);
  return { rows, recordNanos };
}

function describe({ rows, recordNanos }) {
  return [
    'Processor time of a request without a socket: ids, span, route and end, and the spans below it. Nothing is ' +
      'written.',
    '',
    table(
      ['spans below it', '', 'ns a request', 'added, round by round'],
      rows.map(({ children, name, nanos, added }) => [
        children,
        name,
        quartileCell(nanos, whole),
        quartileCell(added, whole),
      ]),
    ),
    '',
    `One value into a histogram: ${tenths(recordNanos)} ns.`,
  ].join('\n');
}
