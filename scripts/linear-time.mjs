// For tests of what reads hostile text: time in proportion to the length of the text.
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 30;
const MOST = 10;
const LEAST_MILLIS = 3;

/**
 * Throws unless work on a text takes time in proportion to the text's length: of 1x, 2x and 4x, 4x takes less than ten
 * times as long as 1x. Quadratic time would be sixteen times as long. Processor time counts, not the clock, and the
 * best of some rounds, with more rounds where other programs disturb it. Work of less than three milliseconds at 1x is
 * taken to last three: the longer text may be the first to run the garbage collector, and less than thirty milliseconds
 * at 4x does no harm.
 */
export async function expectLinearTime(what, length, work) {
  const best = [1, 2, 4].map((factor) => ({ factor, millis: Number.POSITIVE_INFINITY }));
  const ratio = () => (best[2]?.millis ?? 0) / Math.max(best[0]?.millis ?? 0, LEAST_MILLIS);
  for (let round = 0; round < LEAST_ROUNDS || (round < MOST_ROUNDS && ratio() >= MOST); round++) {
    for (const each of best) {
      const before = process.cpuUsage();
      await work(length * each.factor);
      const { user, system } = process.cpuUsage(before);
      each.millis = Math.min(each.millis, (user + system) / 1000);
    }
  }
  const measured = best.map(({ factor, millis }) => `${factor}x ${millis.toFixed(2)} ms`).join(', ');
  if (ratio() >= MOST) throw new Error(`${what} does not take linear time: ${measured}`);
}
