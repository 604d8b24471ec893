// The method: a set is a server of each variant, all at once, on one core. The servers get a burst one after the other,
// in another order each round, and the least disturbed burst of each counts. Differences are to bare of the same set.
// Then a new set follows: V8 compiles the code of each process differently, and the difference stays for the life of
// the process.
import { quartiles } from '../quartiles.mjs';
import { startServer } from './servers.mjs';
import { BARE } from './variants.mjs';

/** Between what is measured and the app that it is in, so that no two processes come about in the same way. */
const MAX_PAUSE_MILLIS = 200;

/** A set whose bare took so many times what the fastest bare took is of a machine that was slower then. */
const SLOWER = 1.25;

/** The number of sets that are made at most, by the number that is wanted. */
const MAX_TRIES = 1.5;

/**
 * Measures each server of one set.
 *
 * @param plan `file` is where a variant may keep its spans. `ask` gets each server after the bursts; its answer is
 * added.
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
 * Other programs, and other guests of the host, only ever make a burst dearer, so the figure of the main thread is its
 * least burst. A least burst of the other threads would say nothing: they may write or collect now or a burst later.
 * The `counts` are of all bursts.
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
 * Makes sets of several kinds in turn, so that all of them have the same minutes. It stops when there are as many of
 * each as `wanted` from when the machine was not slower, or half as many more. Only the bare server decides which sets
 * count, never those compared to it.
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

/** Medians with quartiles, by variant: of all figures of the sets, and of the differences to bare set by set. */
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
