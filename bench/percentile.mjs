/** The value that `share` of the sorted values do not exceed. */
export function percentile(sorted, share) {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1))];
}
