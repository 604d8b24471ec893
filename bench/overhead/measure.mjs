// The method: a set is a server of each variant, all at once, on one core; one after the other gets a burst, in an order that is
// another one each round, and its least disturbed one counts. Differences are to bare of the same set. Then a new set: what V8
// has made of the code of a process is another thing each time, and stays so.
import { quartiles } from '../quartiles.mjs';
import { startServer } from './servers.mjs';
import { BARE } from './variants.mjs';

/** Between what is measured and the app that it is in, so that no two processes come about in the same way. */
const MAX_PAUSE_MILLIS = 200;

/** A set whose bare took so many times what the fastest bare took is of a machine that was slower then. */
const SLOWER = 1.25;

/** How many sets are made at most, by how many are wanted. */
const MAX_TRIES = 1.5;

/**
 * What each server of one set took.
 *
 * @param plan `file` is where a variant may keep its spans. `ask` gets each server after the bursts, what it says is added.
 * @returns by variant
 */
export async function measureSet({ framework, variants, routes, load, burst, file, ask = () => ({}) }) {
  const servers = [];
  try {
    for (const variant of variants) {
      const pauseMillis = Math.random() * MAX_PAUSE_MILLIS;
      servers.push(await startServer({ framework, variant, routes, file: file(variant), load, pauseMillis }));
    }
    const samples = await bursts(servers, burst);
    const took = {};
    for (const server of servers) {
      const { variant, startMillis } = server;
      took[variant] = { startMillis, ...ofProcess(samples[variant]) };
    }
    for (const server of servers) Object.assign(took[server.variant], await ask(server, took));
    return took;
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Samples of each server by variant, from alternating bursts. The first of each, of `warmUpMillis`, does not count. */
async function bursts(servers, { rounds, millis, warmUpMillis }) {
  const samples = Object.fromEntries(servers.map(({ variant }) => [variant, []]));
  if (warmUpMillis > 0) for (const server of servers) await server.burst(warmUpMillis);
  for (let round = 0; round < rounds; round++) {
    const first = round % servers.length;
    for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
      samples[server.variant].push(await server.burst(millis));
    }
  }
  return samples;
}

/**
 * Other programs, and other guests of the host, only ever make a burst dearer, so the main thread's is the least of the bursts. What
 * other threads do has no least that says something: they may write or collect now or a burst later. The `counts` are of all bursts.
 */
function ofProcess(samples) {
  const all = (key) => samples.map((sample) => sample[key]);
  const sum = (key) => all(key).reduce((total, value) => total + value, 0);
  const mainMicros = Math.min(...all('mainMicros'));
  return {
    mainMicros,
    allMicros: mainMicros + quartiles(all('otherMicros')).median,
    requestsPerSecond: quartiles(all('requestsPerSecond')).median,
    residentMegabytes: samples.at(-1).residentMegabytes,
    counts: { requests: sum('requests'), exported: sum('exported') },
  };
}

/**
 * Sets of several kinds in turn, so that all of them have the same minutes, until there are as many of each as `wanted` from when
 * the machine was not slower, or half as many more. The bare one decides which count, never what is compared to it.
 *
 * @param wanted how many of each kind
 * @param measure makes a set of a kind
 * @returns by kind: all that were `made`, and as many as are wanted, the `leastDisturbed`
 */
export async function undisturbedSets(wanted, measure) {
  const made = Object.fromEntries(Object.keys(wanted).map((kind) => [kind, []]));
  const bare = (set) => set[BARE].mainMicros;
  const isDone = (kind) => {
    const fastest = Math.min(...Object.values(made).flat().map(bare));
    const undisturbed = made[kind].filter((set) => bare(set) <= SLOWER * fastest).length;
    return undisturbed >= wanted[kind] || made[kind].length >= MAX_TRIES * wanted[kind];
  };
  const next = () =>
    Object.keys(wanted)
      .filter((kind) => !isDone(kind))
      .sort((a, b) => made[a].length / wanted[a] - made[b].length / wanted[b])[0];
  for (let kind = next(); kind !== undefined; kind = next()) {
    made[kind].push(await measure(kind));
  }
  const fastest = (kind) => made[kind].toSorted((a, b) => bare(a) - bare(b)).slice(0, wanted[kind]);
  return Object.fromEntries(
    Object.keys(made).map((kind) => [kind, { made: made[kind], leastDisturbed: fastest(kind) }]),
  );
}

/** Of all figures of the sets, and of the differences to bare set by set: medians with quartiles, by variant. */
export function compare(sets) {
  return Object.fromEntries(
    Object.entries(sets[0]).map(([variant, { counts: _, ...figures }]) => {
      const of = (value) => quartiles(sets.map(value));
      const row = Object.fromEntries(Object.keys(figures).map((key) => [key, of((set) => set[variant][key])]));
      const added = (key) => of((set) => set[variant][key] - set[BARE][key]);
      return [variant, { ...row, addedMainMicros: added('mainMicros'), addedAllMicros: added('allMicros') }];
    }),
  );
}
