// The method: all servers run at once, on one core; one after the other gets a burst, in an order that is another one each
// round; thread times are compared to bare's of the same round, and medians are told. After some rounds all of them make way for new
// ones: what V8 has made of the code of a process is another thing each time, and stays so.
import { join } from 'node:path';
import { quartiles } from '../quartiles.mjs';
import { inTemporaryFolder } from '../temporary-folder.mjs';
import { startServer } from './servers.mjs';
import { BARE } from './variants.mjs';

/** Between what is measured and the app that it is in, so that no two processes come about in the same way. */
const MAX_PAUSE_MILLIS = 200;

/** The same servers, another one first each round. */
export function rotated(servers, round) {
  const first = round % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

/** Samples of each server by variant, from alternating bursts. The first of each, of `warmUpMillis`, does not count. `first`: the round to begin with. */
export async function bursts(servers, { rounds, millis, warmUpMillis }, first = 0) {
  const samples = Object.fromEntries(servers.map(({ variant }) => [variant, []]));
  if (warmUpMillis > 0) for (const server of servers) await server.burst(warmUpMillis);
  for (let round = first; round < first + rounds; round++) {
    for (const server of rotated(servers, round)) samples[server.variant].push(await server.burst(millis));
  }
  return samples;
}

/** Medians with quartiles, and differences to bare round by round. */
export function compare(samples) {
  return Object.fromEntries(
    Object.entries(samples).map(([variant, rounds]) => {
      const of = (key) => quartiles(rounds.map((sample) => sample[key]));
      const added = (key) => quartiles(rounds.map((sample, round) => sample[key] - samples[BARE][round][key]));
      return [
        variant,
        {
          mainMicros: of('mainMicros'),
          allMicros: of('allMicros'),
          addedMainMicros: added('mainMicros'),
          addedAllMicros: added('allMicros'),
          requestsPerSecond: of('requestsPerSecond'),
          residentMegabytes: of('residentMegabytes'),
        },
      ];
    }),
  );
}

/**
 * Bursts of all variants, from `processes` of each one after the other. What else is asked of each set of servers before it is
 * stopped is `after`'s, which gets them, all samples up to now, and how many sets are still to come.
 *
 * @returns samples and start-up times by variant
 */
export async function measureProcesses({ framework, variants, load, processes, burst, after }) {
  const samples = byVariant(variants, () => []);
  const startMillis = byVariant(variants, () => []);
  for (let process = 0; process < processes; process++) {
    await inTemporaryFolder(async (folder) => {
      const servers = [];
      try {
        for (const variant of variants) {
          const file = join(folder, `${variant}.db`);
          const pauseMillis = Math.random() * MAX_PAUSE_MILLIS;
          const server = await startServer({ framework, variant, file, load, pauseMillis });
          servers.push(server);
          startMillis[variant].push(server.startMillis);
        }
        const ofThese = await bursts(servers, burst, process * burst.rounds);
        for (const variant of variants) samples[variant].push(...ofThese[variant]);
        await after(servers, samples, processes - 1 - process);
      } finally {
        for (const server of servers) await server.stop();
      }
    });
  }
  return { samples, startMillis };
}

export function byVariant(variants, make) {
  return Object.fromEntries(variants.map((variant) => [variant, make(variant)]));
}
