// The added cost of a request with Ferret, and with the tools that a user would pick instead.
import { join } from 'node:path';
import { hundredths, percent, quartileCell, table, tenths, whole } from './cells.mjs';
import { placeBesideNest11 } from './overhead/load-nest.mjs';
import { compare, measureSet, undisturbedSets } from './overhead/measure.mjs';
import { startLoad } from './overhead/servers.mjs';
import { BARE, FRAMEWORKS, VARIANTS } from './overhead/variants.mjs';
import { canPin } from './pinned-process.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

export const overhead = {
  name: 'overhead',
  title: 'Overhead of a request',
  seconds: 2_300,
  linuxOnly: true,
  full: {
    // Sets of each: more where less is added, as processes differ by a tenth and more.
    frameworks: {
      express: { sets: { own: 30, rivals: 10 } },
      'express-node-24': { sets: { own: 12, rivals: 5 } },
      koa: { sets: { own: 20, rivals: 8 } },
      'nest-11': { sets: { own: 20, rivals: 8 } },
      'nest-12': { sets: { own: 16, rivals: 12 } },
    },
    burst: { rounds: 10, millis: 200, warmUpMillis: 1_000 },
    latencyMillis: 1_000,
  },
  short: {
    frameworks: {
      express: {},
      koa: { own: ['ferret'], rivals: ['otel-sqlite'] },
      'nest-11': { rivals: ['otel-sqlite'] },
      'nest-12': {},
    },
    sets: { own: 1, rivals: 1 },
    burst: { rounds: 1, millis: 50, warmUpMillis: 0 },
    latencyMillis: 50,
  },
  measure,
  describe,
};

async function measure({ frameworks, ...common }, say) {
  placeBesideNest11();
  const load = await startLoad();
  const results = {};
  try {
    for (const [framework, plan] of Object.entries(frameworks)) {
      const { label, own, rivals } = FRAMEWORKS[framework];
      results[framework] = await ofFramework({ framework, own, rivals, load, ...common, ...plan });
      const { ferret } = results[framework].variants;
      say(`${label}: Ferret adds ${quartileCell(ferret.addedMainMicros)} us on the main thread`);
    }
  } finally {
    await load.stop();
  }
  return { pinned: canPin, frameworks: results };
}

/** Two kinds of sets, each with a bare one: what is small is not measured beside what is large, and oftener. */
async function ofFramework({ framework, own, rivals, sets: wanted, load, burst, latencyMillis }) {
  const variants = { own: [BARE, ...own], rivals: [BARE, ...rivals] };
  let rate;
  const sets = await undisturbedSets(wanted, (kind) =>
    inTemporaryFolder((folder) =>
      measureSet({
        framework,
        variants: variants[kind],
        load,
        burst,
        file: (variant) => join(folder, `${variant}.db`),
        async ask(server, took) {
          rate ??= Math.floor(took[BARE].requestsPerSecond / 2);
          const latencies = await server.paced(rate, latencyMillis);
          return { ...latencies, spansPerRequest: await server.spansOfRequest() };
        },
      }),
    ),
  );
  return {
    rate,
    rounds: burst.rounds,
    sets: wanted,
    made: { own: sets.own.made.length, rivals: sets.rivals.made.length },
    variants: { ...rows(sets.own), ...withoutBare(rows(sets.rivals)) },
  };
}

function rows({ made, leastDisturbed }) {
  return Object.fromEntries(
    Object.entries(compare(leastDisturbed)).map(([variant, row]) => {
      const { spansPerRequest } = made[0][variant];
      return [variant, { ...row, spansPerRequest, lostShare: lostShare(made, variant, spansPerRequest) }];
    }),
  );
}

function withoutBare({ [BARE]: _, ...others }) {
  return others;
}

/** Spans of the requests of all bursts that were not exported, with those of the sets that do not count otherwise. */
function lostShare(sets, variant, spansPerRequest) {
  const sum = (key) => sets.reduce((total, set) => total + set[variant].counts[key], 0);
  return spansPerRequest === 0 ? undefined : Math.max(0, 1 - sum('exported') / (sum('requests') * spansPerRequest));
}

function describe({ pinned, frameworks }) {
  const lines = [
    'Microseconds of processor time that a request costs more than in the bare app, on the main thread and on all ' +
      'threads, from short bursts in turn: the least of the bursts to each process (of other threads, their median), ' +
      'and differences to the bare process beside it; all spans are written by the end of each burst. Latencies are ' +
      'those of a fixed rate, half of what the bare app can answer, from when each request was due.',
  ];
  if (!pinned) lines.push('', 'Without `taskset` or a second core, nothing was pinned: these figures are noise.');
  for (const [framework, { rate, rounds, sets, made, variants }] of Object.entries(frameworks)) {
    const rows = Object.entries(variants);
    const label = (variant) => VARIANTS[variant].label;
    lines.push(
      '',
      `### ${FRAMEWORKS[framework].label}`,
      '',
      `${rounds} bursts to each of ${sets.own} processes of bare and of each row of Ferret's, apart from ` +
        `${sets.rivals} of bare and of each rival; ${made.own - sets.own} and ${made.rivals - sets.rivals} more were ` +
        `left out, as bare was slower then. Bare, beside Ferret: ${quartileCell(variants[BARE].mainMicros)} us a ` +
        'request on the main thread.',
      '',
      table(
        ['', 'main thread, us added', 'all threads, us added', 'requests a second', 'spans a request', 'lost'],
        rows.map(([variant, row]) => [
          label(variant),
          variant === BARE ? '' : quartileCell(row.addedMainMicros),
          variant === BARE ? '' : quartileCell(row.addedAllMicros),
          quartileCell(row.requestsPerSecond, whole),
          row.spansPerRequest || '',
          row.lostShare === undefined ? '' : percent(row.lostShare),
        ]),
      ),
      '',
      table(
        ['', `p50, ms, at ${whole(rate)} a second`, 'p99, ms', 'p99.9, ms', 'resident, MB', 'start, ms'],
        rows.map(([variant, row]) => [
          label(variant),
          quartileCell(row.p50Millis, hundredths),
          quartileCell(row.p99Millis, hundredths),
          quartileCell(row.p999Millis, hundredths),
          quartileCell(row.residentMegabytes, tenths),
          quartileCell(row.startMillis, whole),
        ]),
      ),
      ...behindAt(
        rate,
        rows.map(([variant, row]) => [label(variant), row.requestsPerSecond.median]),
      ),
    );
  }
  return lines.join('\n');
}

/** A sentence on those whose most is below the fixed rate, or within a tenth of it. */
function behindAt(rate, rows) {
  const behind = rows.filter(([, most]) => most < rate * 1.1).map(([label]) => label);
  if (behind.length === 0) return [];
  return [
    '',
    `Cannot answer ${whole(rate)} a second, or hardly: ${behind.join('; ')}. Such a server falls behind for as ` +
      'long as the rate is kept up, so its latencies say that, and no more; two runs do not agree in them.',
  ];
}
