// What a request costs more with Ferret, and with what a user would pick instead.
import { hundredths, percent, quartileCell, table, tenths, whole } from './cells.mjs';
import { placeBesideNest11 } from './overhead/load-nest.mjs';
import { byVariant, compare, measureProcesses, rotated } from './overhead/measure.mjs';
import { startLoad } from './overhead/servers.mjs';
import { BARE, FRAMEWORKS, VARIANTS } from './overhead/variants.mjs';
import { canPin } from './pinned-process.mjs';
import { quartiles } from './quartiles.mjs';

export const overhead = {
  name: 'overhead',
  title: 'Overhead of a request',
  seconds: 1_560,
  linuxOnly: true,
  full: {
    // Processes of each: more where less is added, as processes differ by a tenth and more.
    frameworks: {
      express: { processes: { own: 24, rivals: 10 } },
      'express-node-24': { processes: { own: 12, rivals: 8 } },
      koa: { processes: { own: 16, rivals: 8 } },
      'nest-11': { processes: { own: 18, rivals: 8 } },
      'nest-12': { processes: { own: 10, rivals: 4 } },
    },
    burst: { rounds: 2, millis: 500, warmUpMillis: 1_500 },
    latency: { processes: { own: 8, rivals: 4 }, millis: 1_500 },
  },
  short: {
    frameworks: {
      express: {},
      koa: { own: ['ferret'], rivals: ['otel-sqlite'] },
      'nest-11': { rivals: ['otel-sqlite'] },
      'nest-12': {},
    },
    processes: { own: 1, rivals: 1 },
    burst: { rounds: 1, millis: 50, warmUpMillis: 0 },
    latency: { processes: { own: 1, rivals: 1 }, millis: 50 },
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

/** Two sets of servers, each with a bare one: what is small is not measured beside what is large, and oftener. */
async function ofFramework({ own, rivals, processes, latency, ...plan }) {
  const ofSet = (set, variants, rate) =>
    ofServers({
      ...plan,
      variants: [BARE, ...variants],
      processes: processes[set],
      latency: { ...latency, processes: latency.processes[set] },
      rate,
    });
  const ours = await ofSet('own', own);
  const { rate } = ours;
  const theirs = await ofSet('rivals', rivals, rate);
  const { [BARE]: _, ...besideIt } = theirs.variants;
  return {
    rate,
    rounds: plan.burst.rounds,
    processes,
    latencyProcesses: latency.processes,
    variants: { ...ours.variants, ...besideIt },
  };
}

/** Without a `rate`, latencies are at half of what the bare one of these can answer. */
async function ofServers({ latency, rate, ...plan }) {
  const { variants } = plan;
  const paced = byVariant(variants, () => []);
  let spans;
  const { samples, startMillis } = await measureProcesses({
    ...plan,
    async after(servers, samplesUpToNow, toCome) {
      if (toCome >= latency.processes) return;
      rate ??= Math.floor(compare(samplesUpToNow)[BARE].requestsPerSecond.median / 2);
      for (const server of rotated(servers, toCome)) {
        paced[server.variant].push(await server.paced(rate, latency.millis));
      }
      if (toCome > 0) return;
      spans = {};
      for (const server of servers) spans[server.variant] = await server.spansOfRequest();
    },
  });
  const compared = compare(samples);
  const delay = (variant, key) => quartiles(paced[variant].map((sample) => sample[key]));
  const combine = (variant) => ({
    ...compared[variant],
    p50Millis: delay(variant, 'p50Millis'),
    p99Millis: delay(variant, 'p99Millis'),
    p999Millis: delay(variant, 'p999Millis'),
    startMillis: quartiles(startMillis[variant]),
    spansPerRequest: spans[variant],
    lostShare: lostShare(samples[variant], spans[variant]),
  });
  return { rate, variants: byVariant(variants, combine) };
}

/** Of the spans that the requests of all bursts made, those that were not exported. */
function lostShare(samples, spansPerRequest) {
  const sum = (key) => samples.reduce((total, sample) => total + sample[key], 0);
  return spansPerRequest === 0 ? undefined : Math.max(0, 1 - sum('exported') / (sum('requests') * spansPerRequest));
}

function describe({ pinned, frameworks }) {
  const lines = [
    'Microseconds of processor time that a request costs more than in the bare app, on the main thread and on all threads, from ' +
      'short bursts in turn, differences round by round; all spans are written by the end of each burst. Latencies are ' +
      'those of a fixed rate, half of what the bare app can answer, from when each request was due.',
  ];
  if (!pinned) lines.push('', 'Without `taskset` or a second core, nothing was pinned: these figures are noise.');
  for (const [framework, { rate, rounds, processes, latencyProcesses, variants }] of Object.entries(frameworks)) {
    const rows = Object.entries(variants);
    const label = (variant) => VARIANTS[variant].label;
    lines.push(
      '',
      `### ${FRAMEWORKS[framework].label}`,
      '',
      `${rounds} rounds in each of ${processes.own} processes of bare and of each row of Ferret's, apart from ${processes.rivals} of bare and of ` +
        `each rival; latencies from the last ${latencyProcesses.own} and ${latencyProcesses.rivals} of them. Bare, beside Ferret: ${quartileCell(variants[BARE].mainMicros)} us a request on the main thread.`,
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
    );
  }
  return lines.join('\n');
}
