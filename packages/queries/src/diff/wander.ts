import { type Buckets, logarithmOf } from './buckets.js';
import { median } from './moderation.js';

/** A value of the spans of one part of the time: how many there were, and the sums of the value and of its square. */
export interface PartSums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** Deviations of the parts from the level of their side, in standard errors, in order of time. */
type Path = readonly number[];

/** The movement of a level. Each figure is 1 on average where spans are independent of each other. */
interface Movement {
  /**
   * Slow movements, by Kwiatkowski, Phillips, Schmidt and Shin (1992, Journal of Econometrics 54): how far sums of
   * deviations go.
   */
  readonly slow: number;
  /** All movements: the variance between parts. */
  readonly all: number;
  /** From one part to the next (von Neumann 1941, Annals of Mathematical Statistics 12). */
  readonly local: number;
}

/** A tenth of the parts at the beginning tell of a service that warms up, on either side alike. */
const WARM_UP = 1 / 10;

/**
 * A level moves less than this by chance in 99 of 100 cases: that of one name, and that which all names have in common.
 */
const MOST_OF_ONE = { slow: 3.3, all: 2.1 };
const MOST_IN_COMMON = { slow: 2.8, all: 1.9 };

/**
 * The middle and the standard deviation of one name's movement by chance alone: of many names, the middle one moves far
 * less.
 */
const BY_CHANCE = { slow: { middle: 0.82, deviation: 0.8 }, all: { middle: 0.96, deviation: 0.37 } };
const DEVIATIONS = 3;

/** Spells of less than a part move as much from one part to the next as over all of them. */
const LEAST_SLOW_TO_LOCAL = 0.8;
const LEAST_ALL_TO_LOCAL = 1.05;

/**
 * A wandering level may differ between the sides by so many times its movement within them. For a random walk the two
 * have so few degrees of freedom that no smaller number will do: with it, and rho from 0.5 to 0.97, the simulations of
 * `wander.test.ts` and `npm run diff-power` show next to no false alarm.
 */
export const LARGEST_DRIFT = 24;

/**
 * By how much each name may seem to differ between two sides because its level wanders; 0 where none does. What is
 * compared rests on levels that move faster than a side lasts: then the parts of the time show how much the sides may
 * differ. A level that wanders slowly (the machine is shared, data grow) differs more between the sides than within
 * them, so this is checked: for each name, for what all names have in common, and for what they do alike.
 *
 * @param names the parts of both sides of each name
 * @returns `drifts` in the unit of the value; `isCommon`: whether the names move together, slowly or not
 */
export function driftsOf(names: readonly (readonly (readonly PartSums[])[])[]): {
  readonly drifts: readonly number[];
  readonly isCommon: boolean;
} {
  const standardised = names.map((sides) => sides.map(standardise));
  const paths = standardised.map((sides) => sides.map(({ path }) => path));
  const own = paths.map(movementOf);
  const gain = gainOfMedian(names.length);
  const common = movementOf([0, 1].map((side) => commonPath(paths.map((sides) => sides[side] ?? []))));
  const middle = middleOf(own);
  const shared = wanders(common, MOST_IN_COMMON) ? excessOf(common) / gain : 0;
  const isAlike = names.length > 3 && wanders(middle, mostOfMiddle(names.length));
  const drifts = own.map((movement, at) => {
    const isOwn = isAlike || wanders(movement, MOST_OF_ONE);
    const excess = Math.max(shared, isAlike ? excessOf(middle) : 0, isOwn ? excessOf(movement) : 0);
    const variances = standardised[at]?.map(({ variance }) => variance) ?? [];
    return LARGEST_DRIFT * Math.sqrt((excess * variances.reduce((sum, one) => sum + one, 0)) / variances.length);
  });
  return { drifts, isCommon: moves(common, MOST_IN_COMMON) };
}

/** The logarithms of durations: a machine that is slower is slower by a factor. */
export function logarithmsOf(buckets: Buckets): PartSums {
  let [count, sum, squares] = [0, 0, 0];
  for (const [bucket, counted] of buckets) {
    const logarithm = logarithmOf(bucket);
    count += counted;
    sum += counted * logarithm;
    squares += counted * logarithm ** 2;
  }
  return { count, sum, squares };
}

/** @returns `variance`: of the mean of an average part, by chance */
function standardise(all: readonly PartSums[]): { path: Path; variance: number } {
  const parts = all.slice(Math.round(all.length * WARM_UP));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const level = parts.reduce((sum, part) => sum + part.sum, 0) / count;
  const within = parts.reduce((sum, part) => sum + part.squares - part.sum ** 2 / part.count, 0);
  const variance = within / (count - parts.length);
  // As good as none where all durations of a part are in one bucket.
  if (!(variance > 1e-12)) return { path: [], variance: 0 };
  return {
    path: parts.map((part) => (part.sum - part.count * level) / Math.sqrt(part.count * variance)),
    variance: (variance / count) * parts.length,
  };
}

function movementOf(paths: readonly Path[]): Movement {
  let [sums, expected, squares, steps, freedom] = [0, 0, 0, 0, 0];
  for (const path of paths) {
    if (path.length < 2) continue;
    const mean = path.reduce((sum, one) => sum + one, 0) / path.length;
    let sum = 0;
    for (const [at, value] of path.entries()) {
      const done = (at + 1) / path.length;
      sum += value - mean;
      sums += sum ** 2 / path.length;
      expected += done * (1 - done);
      squares += (value - mean) ** 2;
      const last = path[at - 1];
      if (last !== undefined) steps += (value - last) ** 2 / 2;
    }
    freedom += path.length - 1;
  }
  return freedom === 0
    ? { slow: 1, all: 1, local: 1 }
    : { slow: sums / expected, all: squares / freedom, local: steps / freedom };
}

const TENTHS = 10;

/** The movement common to all names: the middle one in each tenth of the time. */
function commonPath(paths: readonly Path[]): Path {
  const tenths = Array.from({ length: TENTHS }, () => [] as number[]);
  for (const path of paths) {
    for (const [at, values] of tenths.entries()) {
      const those = path.filter((_, part) => Math.floor(((part + 0.5) / path.length) * TENTHS) === at);
      if (those.length > 0) values.push(those.reduce((sum, one) => sum + one, 0) / Math.sqrt(those.length));
    }
  }
  const gain = Math.sqrt(gainOfMedian(paths.length));
  return tenths.filter((values) => values.length > 0).map((values) => median(values) * gain);
}

/** The variance of a normal value, divided by that of the median of so many of them. */
function gainOfMedian(count: number): number {
  return count < 3 ? count : (2 * count) / Math.PI;
}

function middleOf(movements: readonly Movement[]): Movement {
  return {
    slow: median(movements.map(({ slow }) => slow)),
    all: median(movements.map(({ all }) => all)),
    local: median(movements.map(({ local }) => local)),
  };
}

function mostOfMiddle(names: number): Most {
  const most = ({ middle, deviation }: { middle: number; deviation: number }) =>
    middle + (DEVIATIONS * deviation) / Math.sqrt(names);
  return { slow: most(BY_CHANCE.slow), all: most(BY_CHANCE.all) };
}

type Most = Pick<Movement, 'slow' | 'all'>;

function moves({ slow, all }: Movement, most: Most): boolean {
  return slow > most.slow || all > most.all;
}

function wanders(movement: Movement, most: Most): boolean {
  const { slow, all, local } = movement;
  return moves(movement, most) && (slow > LEAST_SLOW_TO_LOCAL * local || all > LEAST_ALL_TO_LOCAL * local);
}

function excessOf({ slow, all }: Movement): number {
  return Math.max(slow, all, 1) - 1;
}
