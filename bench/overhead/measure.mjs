// The method: all servers run at once, on one core; one after the other gets a burst, in an order that is another one each
// round; thread times are compared to bare's of the same round, and medians are told.
import { join } from 'node:path';
import { quartiles } from '../quartiles.mjs';
import { startServer } from './servers.mjs';

const BARE = 'bare';

/** The same servers, another one first each round. */
export function rotated(servers, round) {
  const first = round % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

/** Added main-thread and all-threads time of each server, from alternating bursts. `samples` by variant and round. */
export async function bursts(servers, { rounds, millis, warmUps }) {
  const samples = Object.fromEntries(servers.map(({ variant }) => [variant, []]));
  for (let round = -warmUps; round < rounds; round++) {
    for (const server of rotated(servers, round + warmUps)) {
      const sample = await server.burst(millis);
      if (round >= 0) samples[server.variant].push(sample);
    }
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

/** Milliseconds until each is ready, from fresh processes in turn; the last ones stay. */
export async function start({ framework, variants, folder, load, starts }) {
  const startMillis = Object.fromEntries(variants.map((variant) => [variant, []]));
  const servers = [];
  for (let round = 0; round < starts; round++) {
    for (const variant of variants) {
      const file = join(folder, `${framework}-${variant}-${round}.db`);
      const server = await startServer({ framework, variant, file, load });
      startMillis[variant].push(server.startMillis);
      if (round === starts - 1) servers.push(server);
      else await server.stop();
    }
  }
  return { servers, startMillis };
}

/** Latencies of each at `rate` requests a second, in turn. */
export async function latencies(servers, { rate, rounds, millis }) {
  const samples = Object.fromEntries(servers.map(({ variant }) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const server of rotated(servers, round)) samples[server.variant].push(await server.paced(rate, millis));
  }
  return Object.fromEntries(
    Object.entries(samples).map(([variant, rounds]) => [
      variant,
      Object.fromEntries(
        ['p50Millis', 'p99Millis', 'p999Millis'].map((key) => [key, quartiles(rounds.map((sample) => sample[key]))]),
      ),
    ]),
  );
}
