import type { Analysis, AnalyzeQuery, Report } from '@ferretjs/queries';
import { formatRate, formatTime, microsOf } from '@ferretjs/queries/words';
import type { Fact } from '../format/facts.js';

/** The lines above the figures: the part of the run that they are of, and how far they can be trusted. */
export function describeFigures(analysis: Analysis, options: AnalyzeQuery): Fact[] {
  const facts: Fact[] = [...describeSampling(analysis, analysis.source)];
  if (options.since !== undefined || options.until !== undefined) {
    facts.push({ label: 'period', text: describePeriod(analysis, options) });
  }
  return [...facts, { label: 'figures', text: describeSource(analysis) }];
}

/** The part of the run within the time that was asked for, which may be none of it. */
function describePeriod({ run, source, from, to }: Analysis, { until }: AnalyzeQuery): string {
  const startMicros = microsOf(run.startedAt);
  const endMicros = startMicros + run.durationNanos / 1_000;
  if (microsOf(from) > endMicros) {
    const how = run.endedAt === null ? 'was last seen' : 'ended';
    return `nothing of the run: it ${how} at ${formatTime(endMicros)}, before ${formatTime(from)}`;
  }
  if (until !== undefined && until <= startMicros && to === run.startedAt) {
    return `nothing of the run: it began at ${formatTime(startMicros)}, after ${formatTime(until)}`;
  }
  return `${formatTime(from)} to ${formatTime(to)}${source === 'routes' ? ', in whole minutes' : ''}`;
}

function describeSource({ source, isCounted }: Analysis): string {
  if (source === 'routes') {
    const precision = 'every span, percentiles within 2 %, above 1 us';
    return `from live counters (${precision}); --exact reads the stored spans instead`;
  }
  return isCounted
    ? 'exact, from a scan of the stored spans'
    : 'exact, from a scan of the stored spans: this run has no counts';
}

/** Spans that were sampled out or folded are counted, and have no row. */
export function describeSampling({ run, ledger }: Report, source: Analysis['source']): Fact[] {
  const { stored, sampledOut, folded } = ledger;
  const seconds = run.durationNanos / 1e9;
  if (sampledOut + folded === 0 || seconds === 0) return [];
  const ended = stored + sampledOut + folded;
  const kept = `${formatRate(stored / seconds)} of ${formatRate(ended / seconds)} kept in detail`;
  const text = source === 'routes' ? `${kept}; counts are exact` : `${kept}; a scan sees only what was kept`;
  return [{ label: 'sampled', text }];
}
