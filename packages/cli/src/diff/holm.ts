/**
 * Chances of error as they are once many comparisons were made, so that the one of any false alarm among all stays below the
 * level asked for: Holm (1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6).
 */
export function correctForMany(chances: readonly number[]): number[] {
  const order = chances.map((chance, index) => ({ chance, index })).sort((one, other) => one.chance - other.chance);
  const corrected = new Array<number>(chances.length);
  let most = 0;
  for (const [rank, { chance, index }] of order.entries()) {
    most = Math.max(most, Math.min(chance * (chances.length - rank), 1));
    corrected[index] = most;
  }
  return corrected;
}
