/** First quartile, median and third quartile, by linear interpolation. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => {
    const position = (sorted.length - 1) * share;
    const below = Math.floor(position);
    return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (position - below);
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}
