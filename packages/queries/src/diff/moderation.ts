import type { DesignEffect } from './design-effect.js';

/** The evidence of other names counts for three times that of the name itself at most: names are never quite alike. */
const MOST_GAIN = 4;

/**
 * A name whose effect is so many times that of the middle one is like no other: 12 degrees of freedom make it so in 1
 * of 5,000.
 */
const OUTLIER = 3;

/**
 * Combines the effect of one name, known from a few parts of the time, with those of the others: each effect is drawn
 * to the middle one, the more so the less they differ beyond what the estimates' own chance makes them. (Not to the
 * mean, and without outliers: the spells of one busy name would hide what happens to all others.) Where names are
 * alike, each is better known then, and a change of one is found that it could not show by itself. Bühlmann's
 * credibility (1967, Experience rating and credibility, ASTIN Bulletin 4). An effect is 1 or more, and certain where it
 * is 1.
 *
 * @param isCommon whether spells strike all names at once: then all of them tell of the same spells, and none is better
 * known
 */
export function moderation(effects: readonly DesignEffect[], isCommon = false): (effect: DesignEffect) => DesignEffect {
  const known = effects.filter(({ freedom }) => freedom > 0);
  const most = OUTLIER * Math.max(median(known.map(({ factor }) => factor)), 1);
  const estimates = known.filter(({ factor }) => factor <= most);
  const mean = average(estimates.map(({ factor }) => factor));
  const square = average(estimates.map(({ factor }) => factor ** 2));
  const middle = median(estimates.map(({ factor }) => factor));
  const variance = ((square - mean ** 2) * estimates.length) / (estimates.length - 1);
  // An estimate of so many degrees of freedom has 2/freedom of its square as its variance.
  const noise = square * average(estimates.map(({ freedom }) => 2 / (freedom + 2)));
  const own = variance > 0 ? Math.max(1 - noise / variance, 0) : estimates.length > 1 ? 0 : 1;
  return ({ factor, freedom }) => {
    if (factor > most) return { factor, freedom };
    const moderated = own * factor + (1 - own) * middle;
    if (freedom === 0 || moderated <= 1) return { factor: 1, freedom: Number.POSITIVE_INFINITY };
    return { factor: moderated, freedom: isCommon ? freedom : freedom * Math.min(1 / own, MOST_GAIN) };
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle value, or the mean of both; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}
