// npm run bench [-- --short]: measures, prints, and rewrites bench/RESULTS.md. The short form shows that the bench works;
// it writes nothing and says nothing about speed.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { eventLoop } from './event-loop.mjs';
import { reader } from './reader.mjs';
import { statistics } from './statistics.mjs';
import { writer } from './writer.mjs';
import { writers } from './writers.mjs';

const isShort = process.argv.includes('--short');
const say = (text) => console.log(text);
const plan = isShort
  ? {
      rounds: 1,
      seconds: 1,
      rates: [10_000],
      written: 65_536,
      stretches: 2,
      writers: 2,
      turns: 2,
      traces: 5_000,
      read: [100_000],
      readings: 1,
    }
  : {
      rounds: 5,
      seconds: 10,
      rates: [10_000, 100_000],
      written: 2_097_152,
      stretches: 8,
      writers: 8,
      turns: 40,
      traces: 20_000,
      read: [1_000_000, 10_000_000],
      readings: 5,
    };

const lines = [
  '# Results',
  '',
  `Written by \`npm run bench\` on Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}. Medians, with quartiles in brackets.`,
];
for (const rate of plan.rates) {
  say(
    `\nEvent loop at ${rate.toLocaleString('en')} spans a second, ${plan.seconds} s a round, control and Ferret in turn`,
  );
  const result = await eventLoop({ spansPerSecond: rate, seconds: plan.seconds, rounds: plan.rounds, say });
  const table = describe(rate, result);
  say(`\n${table}`);
  lines.push('', table);
  if (result.started !== result.stored + result.dropped) throw new Error('the ledger does not add up');
}
say('\nWriter: spans recorded as fast as the file takes them');
const table = describeWriter(await writer({ spans: plan.written, stretches: plan.stretches, say }));
say(`\n${table}`);
lines.push('', table);
say(`\nWriters: one alone, and ${plan.writers} together on one file, in turn`);
const several = describeWriters(
  await writers({ count: plan.writers, seconds: plan.seconds, rounds: plan.rounds, say }),
);
say(`\n${several}`);
lines.push('', several);
say('\nStatistics and sampler: processor time from the start of a trace to its end');
const costs = describeStatistics(statistics({ rounds: plan.turns, traces: plan.traces, say }));
say(`\n${costs}`);
lines.push('', costs);
for (const spans of plan.read) {
  say(`\nReading a file of ${spans.toLocaleString('en')} spans`);
  const times = describeReader(await reader({ spans, turns: plan.readings, say }));
  say(`\n${times}`);
  lines.push('', times);
}

if (!isShort) {
  writeFileSync(new URL('RESULTS.md', import.meta.url), `${lines.join('\n')}\n`);
  say('\nWritten to bench/RESULTS.md');
}

function describe(rate, { rows, started, stored, dropped, bytesPerSpan, longestQueue }) {
  const cell = ({ q1, median, q3 }) => `${median.toFixed(2)} [${q1.toFixed(2)}, ${q3.toFixed(2)}]`;
  const names = {
    p50Millis: 'delay p50, ms',
    p99Millis: 'delay p99, ms',
    p999Millis: 'delay p99.9, ms',
    maxMillis: 'delay max, ms',
    busyPercent: 'main thread busy, %',
  };
  return [
    `## Event loop at ${rate.toLocaleString('en')} spans a second`,
    '',
    '| | without Ferret | with Ferret | added, round by round |',
    '|---|---|---|---|',
    ...rows.map(
      ({ measure, control, ferret, added }) =>
        `| ${names[measure]} | ${cell(control)} | ${cell(ferret)} | ${cell(added)} |`,
    ),
    '',
    `${started.toLocaleString('en')} spans started, ${stored.toLocaleString('en')} stored, ${dropped} dropped; ` +
      `at most ${longestQueue.toLocaleString('en')} waiting; ${bytesPerSpan.median.toFixed(0)} bytes a span in the file.`,
  ].join('\n');
}

function describeWriter({ rows, bytesPerSpan }) {
  return [
    '## Writer',
    '',
    'Recording, batching and writing on one main thread and the thread pool, three attributes a span, each span a trace of its own.',
    '',
    '| spans in the file | spans a second, until there | a trace by its id, ms |',
    '|---|---|---|',
    ...rows.map(
      ({ stored, spansPerSecond, traceMillis }) =>
        `| ${stored.toLocaleString('en')} | ${Math.round(spansPerSecond).toLocaleString('en')} | ${traceMillis.toFixed(1)} |`,
    ),
    '',
    `${bytesPerSpan.toFixed(0)} bytes a span in the file.`,
  ].join('\n');
}

function describeWriters({ alone, all, share }) {
  const rate = ({ q1, median, q3 }) => [median, q1, q3].map((value) => Math.round(value).toLocaleString('en'));
  const cell = ([median, q1, q3]) => `${median} [${q1}, ${q3}]`;
  const percent = ({ q1, median, q3 }) => cell([median, q1, q3].map((value) => `${(value * 100).toFixed(0)} %`));
  return [
    '## Several writers',
    '',
    `Processes that record into one file as fast as it takes them; spans a second that were stored, of all together.`,
    '',
    `| one alone | ${plan.writers} together | share, round by round |`,
    '|---|---|---|',
    `| ${cell(rate(alone))} | ${cell(rate(all))} | ${percent(share)} |`,
  ].join('\n');
}

function describeStatistics({ rows, recordNanos }) {
  const cell = ({ q1, median, q3 }) => `${median.toFixed(0)} [${q1.toFixed(0)}, ${q3.toFixed(0)}]`;
  return [
    '## Statistics and sampler',
    '',
    'Processor time of a request without a socket: ids, span, route and end, and the spans below it. What is kept goes nowhere.',
    '',
    '| spans below it | | ns a request | added, round by round |',
    '|---|---|---|---|',
    ...rows.map(({ children, name, nanos, added }) => `| ${children} | ${name} | ${cell(nanos)} | ${cell(added)} |`),
    '',
    `One value into a histogram: ${recordNanos.toFixed(1)} ns.`,
  ].join('\n');
}

function describeReader({ spans, rows, traceMillis, megabytes }) {
  return [
    `## Reading ${spans.toLocaleString('en')} spans`,
    '',
    `Commands as processes of their own, from start to end, on a file of ${megabytes.toFixed(0)} MB; the best of ${plan.readings}.`,
    '',
    '| | seconds | peak memory, MB |',
    '|---|---|---|',
    ...rows.map(({ name, seconds, megabytes: peak }) => `| \`${name}\` | ${seconds.toFixed(2)} | ${peak.toFixed(0)} |`),
    '',
    `A trace by its id, within a process that has the file open: ${traceMillis.toFixed(1)} ms, the slowest of twenty.`,
  ].join('\n');
}
