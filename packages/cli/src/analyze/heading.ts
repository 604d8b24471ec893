import type { Run } from '@ferretjs/core/reader';
import type { Fact } from '../format/facts.js';
import { formatCount } from '../format/number.js';
import { formatRate } from '../format/rate.js';
import { runMicros } from '../format/run.js';
import { formatTime } from '../format/time.js';
import type { Figures, FiguresOptions } from './figures.js';

/** What stands above the figures: what of the run they are of, and how far they can be trusted. */
export function describeFigures(run: Run, figures: Figures, options: FiguresOptions): Fact[] {
  const facts: Fact[] = [];
  const sampling = describeSampling(run, figures.source);
  if (sampling !== undefined) facts.push({ label: 'sampled', text: sampling });
  if (options.since !== undefined || options.until !== undefined) {
    facts.push({ label: 'period', text: describePeriod(run, figures, options) });
  }
  return [...facts, { label: 'figures', text: describeSource(figures) }];
}

/** What of the run lies within the time that was asked for; none of it, perhaps. */
function describePeriod(run: Run, { source, fromMicros, toMicros }: Figures, { until }: FiguresOptions): string {
  const endMicros = run.startedAtMicros + runMicros(run);
  if (fromMicros > endMicros) {
    const how = run.endedAtMicros === undefined ? 'was last seen' : 'ended';
    return `nothing of the run: it ${how} at ${formatTime(endMicros)}, before ${formatTime(fromMicros)}`;
  }
  if (until !== undefined && until <= run.startedAtMicros && toMicros === run.startedAtMicros) {
    return `nothing of the run: it began at ${formatTime(run.startedAtMicros)}, after ${formatTime(until)}`;
  }
  return `${formatTime(fromMicros)} to ${formatTime(toMicros)}${source === 'routes' ? ', in whole minutes' : ''}`;
}

function describeSource({ source, isCounted }: Figures): string {
  if (source === 'routes') {
    return 'counted as spans ended: percentiles within 2 % from 1 us on; --exact scans the spans';
  }
  return isCounted
    ? 'exact, from a scan of the stored spans'
    : 'exact, from a scan of the stored spans: this run has no counts';
}

/** Counted or not, what was sampled out is nowhere in detail. */
function describeSampling(run: Run, source: Figures['source']): string | undefined {
  const { stored, sampledOut } = run.ledger;
  const seconds = runMicros(run) / 1e6;
  if (sampledOut === 0 || seconds === 0) return undefined;
  const kept = `${formatRate(stored / seconds)} of ${formatRate((stored + sampledOut) / seconds)} kept in detail`;
  return source === 'routes' ? `${kept}; counts are exact` : `${kept}; a scan sees only what was kept`;
}

/**
 * Spans that are not in the figures though they ended. A file that is being written may hold a few more instead, and a part of a run
 * says nothing of the rest.
 */
export function describeGap(run: Run, { source, groups }: Figures, { since, until, where }: FiguresOptions): string[] {
  if (since !== undefined || until !== undefined || (where ?? []).length > 0) return [];
  const shown = groups.reduce((sum, { count }) => sum + count, 0);
  const gone = run.ledger.stored + (source === 'routes' ? run.ledger.sampledOut : 0) - shown;
  if (gone <= 0) return [];
  return source === 'routes'
    ? [`${formatCount(gone)} not counted, or not yet: --exact scans what is stored`]
    : [`${formatCount(gone)} stored, and deleted from the file since`];
}
