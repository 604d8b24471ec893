import { formatCount } from './number.js';

/** How often something happens: `1,234/s`, `12.3/s`, `0.05/s`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 99.95) return `${formatCount(perSecond)}/s`;
  if (perSecond > 0 && perSecond < 0.005) return '<0.01/s';
  return `${perSecond.toFixed(perSecond >= 9.995 ? 1 : 2)}/s`;
}
