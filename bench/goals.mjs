// The goals, and whether each is met: computed from the results, never typed. Medians count.
import { hundredths, percent, table, tenths, whole } from './cells.mjs';

const micros = (value) => `${hundredths(value)} us`;
const times = (share) => `1/${tenths(1 / share).replace('.0', '')}`;

/** Each goal: what, how much at most (or at least), how to show it, and where it is in the data of a part. */
const GOALS = [
  atMost('Express, main thread added a request', 5, micros, 'overhead', main('express')),
  atMost('the same, of OpenTelemetry http + express', 1 / 8, times, 'overhead', mainShare('express')),
  atMost('Express, all threads added a request, written to disk', 12, micros, 'overhead', all('express')),
  atMost('the same, of OpenTelemetry to SQLite', 1 / 6, times, 'overhead', allShare('express')),
  atMost('Koa, main thread, of OpenTelemetry', 1 / 8, times, 'overhead', mainShare('koa')),
  atMost('Koa, all threads, of OpenTelemetry to SQLite', 1 / 6, times, 'overhead', allShare('koa')),
  atMost('Nest 11, main thread, of OpenTelemetry', 1 / 8, times, 'overhead', mainShare('nest-11')),
  atMost('Nest 11, all threads, of OpenTelemetry to SQLite', 1 / 6, times, 'overhead', allShare('nest-11')),
  ...['outside', 'inside'].flatMap((place) => [
    atMost(
      `start, three attributes, end, ${place} a parent`,
      600,
      (nanos) => `${whole(nanos)} ns`,
      'recording',
      ({ ferret }) => ferret[place].calls.median,
    ),
    atMost('the same, of OpenTelemetry', 1 / 2, times, 'recording', ({ ferret }) => ferret[place].ratio.median),
  ]),
  atMost(
    'a leaf from a diagnostics channel, Node 24',
    500,
    (nanos) => `${whole(nanos)} ns`,
    'seam',
    ({ nodes }) => nodes[24].leafAndChannel.ferret.median,
  ),
  atMost(
    "the same, of OpenTelemetry's span",
    1 / 5,
    times,
    'seam',
    ({ nodes }) => nodes[24].leafAndChannel.ferret.median / nodes[24].leaf.otel.median,
  ),
  ...[20, 24].flatMap((major) =>
    Object.entries({ pg: 'pg', mysql2: 'mysql2', ioredis: 'ioredis', redis: '@redis/client' }).map(([client, name]) =>
      atMost(
        `a query of ${name}, Node ${major}, of OpenTelemetry's instrumentation`,
        1 / 4,
        times,
        'libraries',
        ({ nodes }) => nodes[major]?.[client].ratio.median,
      ),
    ),
  ),
  atMost('10,000 spans a second: event-loop p99 added', 0.5, millis, 'pipeline', delay(10_000, 'p99Millis')),
  atMost('10,000 spans a second: lost', 0, whole, 'pipeline', lost(10_000)),
  atMost('100,000 spans a second: event-loop p99.9 added', 2, millis, 'pipeline', delay(100_000, 'p999Millis')),
  atMost('100,000 spans a second: main thread busier by', 15, points, 'pipeline', delay(100_000, 'busyPercent')),
  atMost('100,000 spans a second: lost', 0, whole, 'pipeline', lost(100_000)),
  atLeast('writer, to the first million spans', 150_000, rate, 'writer', ({ rows }) => rateWithin(rows, 0, 1_000_000)),
  atLeast('writer, on a file of 10 million', 120_000, rate, 'writer', ({ rows }) =>
    rateWithin(rows, 10_000_000, Infinity),
  ),
  atMost('bytes a span, indexes included', 150, whole, 'writer', ({ rows }) => rows.at(-1).bytesPerSpan),
  atMost(
    'import of @ferretjs/core above rxjs and sqlite3',
    15,
    millis,
    'startup',
    ({ rows }) => rows.find(({ what }) => what === '@ferretjs/core').added.median,
  ),
  ...['ferret --version', 'ferret analyze, 1,000 spans'].map((name) =>
    atMost(
      `${name}: process above an empty one`,
      60,
      millis,
      'startup',
      ({ commands = [] }) => commands.find(({ what }) => what === name)?.added.median,
    ),
  ),
  atMost('ferret analyze, 1 million spans', 0.3, seconds, 'reader', command(1_000_000, 'ferret analyze', 'seconds')),
  atMost('ferret analyze, 10 million spans', 2, seconds, 'reader', command(10_000_000, 'ferret analyze', 'seconds')),
  atMost(
    'a trace by its id, 10 million spans',
    20,
    millis,
    'reader',
    ({ files }) => ofSize(files, 10_000_000)?.traceMillis,
  ),
  atMost('resident memory of any command, 10 million spans', 150, megabytes, 'reader', ({ files }) => {
    const rows = ofSize(files, 10_000_000)?.rows;
    return rows && Math.max(...rows.map((row) => row.megabytes));
  }),
];

/** The table of goals, from the data of each part by its name; a part may not have been measured yet. */
export function describeGoals(data) {
  return table(
    ['what', 'goal', 'measured', ''],
    GOALS.map((goal) => {
      const measured = measuredOf(goal, data);
      const { what, show, part, isMet } = goal;
      if (measured === undefined) return [what, aim(goal), `not yet: \`npm run bench -- ${part}\``, ''];
      return [what, aim(goal), show(measured), isMet(measured) ? 'met' : '**not met**'];
    }),
  );
}

/**
 * The same table of two runs. The difference of each row is that of the larger figure to the smaller one, in percent of
 * the smaller one.
 */
export function compareGoals(first, second) {
  return table(
    ['what', 'goal', 'first', 'second', 'differ by'],
    GOALS.map((goal) => {
      const measured = [first, second].map((data) => measuredOf(goal, data));
      const shown = measured.map((value) => (value === undefined ? '' : goal.show(value)));
      return [goal.what, aim(goal), ...shown, difference(goal.show, ...measured)];
    }),
  );
}

function aim({ word, show, goal }) {
  return `${word} ${show(goal)}`;
}

/** Nothing where its part, or what it looks for in there, was not measured. What is no number is null in JSON. */
function measuredOf({ part, value }, data) {
  const measured = data[part] && value(data[part]);
  return measured === null || Number.isNaN(measured) ? undefined : measured;
}

function difference(show, one, other) {
  if (one === undefined || other === undefined) return '';
  const [smaller, larger] = [Math.min(one, other), Math.max(one, other)];
  if (smaller > 0 || smaller === larger) return percent(larger === 0 ? 0 : larger / smaller - 1);
  // A share of zero, or of noise around it, means nothing.
  return show(larger - smaller);
}

function atMost(what, goal, show, part, value) {
  return {
    what,
    goal,
    show,
    word: goal === 0 ? 'exactly' : 'at most',
    part,
    value,
    isMet: (measured) => measured <= goal,
  };
}

function atLeast(what, goal, show, part, value) {
  return { what, goal, show, word: 'at least', part, value, isMet: (measured) => measured >= goal };
}

function main(framework) {
  return ({ frameworks }) => frameworks[framework].variants.ferret.addedMainMicros.median;
}

function mainShare(framework) {
  return ofRival(framework, 'otel-noop', 'mainMicros', 'addedMainMicros');
}

function all(framework) {
  return ({ frameworks }) => frameworks[framework].variants.ferret.addedAllMicros.median;
}

function allShare(framework) {
  return ofRival(framework, 'otel-sqlite', 'allMicros', 'addedAllMicros');
}

/**
 * The cost of Ferret as a share of a rival's cost. Each is first taken as a share of its own bare app: the two were not
 * measured in the same minutes, and the machine may not have been as fast.
 */
function ofRival(framework, rival, took, added) {
  const ofBare = (row) => row && row[added].median / (row[took].median - row[added].median);
  return ({ frameworks }) => {
    const { variants } = frameworks[framework];
    return ofBare(variants.ferret) / ofBare(variants[rival]);
  };
}

function delay(rate, measure) {
  return ({ rates }) => rates.find((result) => result.rate === rate)?.measures[measure].added.median;
}

function lost(rate) {
  return ({ rates }) => rates.find((result) => result.rate === rate)?.lost;
}

/** Spans a second, of all stretches that lie within these sizes of the file. */
function rateWithin(rows, from, to) {
  let spans = 0;
  let seconds = 0;
  rows.forEach(({ stored, spansPerSecond }, index) => {
    const before = index === 0 ? 0 : rows[index - 1].stored;
    if (before < from || stored > to) return;
    spans += stored - before;
    seconds += (stored - before) / spansPerSecond;
  });
  return spans / seconds;
}

function ofSize(files, spans) {
  return files.find((file) => file.spans === spans);
}

function command(spans, name, measure) {
  return ({ files }) => ofSize(files, spans)?.rows.find((row) => row.name === name)?.[measure];
}

function seconds(value) {
  return `${hundredths(value)} s`;
}

function megabytes(value) {
  return `${whole(value)} MB`;
}

function millis(value) {
  return `${hundredths(value)} ms`;
}

function points(value) {
  return `${tenths(value)} points`;
}

function rate(value) {
  return `${whole(value)} spans a second`;
}
