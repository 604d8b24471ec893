import type { Distributions } from '@ferretjs/core/reader';
import { formatChange } from '../format/change.js';
import { formatDuration } from '../format/duration.js';
import { escapeControls } from '../format/escape.js';
import { type Fact, renderFacts } from '../format/facts.js';
import { describeLosses } from '../format/ledger.js';
import { countOf, formatCount } from '../format/number.js';
import { formatPercent } from '../format/percent.js';
import { type Column, renderTable } from '../format/table.js';
import { formatTime } from '../format/time.js';
import { wrap } from '../format/wrap.js';
import type { Terminal } from '../terminal.js';
import { ALARM_CHANCE, type Change, type Compared, type Comparison, LEAST_CHANGE } from './compare.js';
import type { Failure } from './fail-on.js';
import { METRICS, type Metric } from './metrics.js';
import type { Side } from './side.js';

/** Of a share of errors: fewer would hide the change that is told. */
const DIGITS = 3;

export interface ReportSide {
  readonly side: Side;
  readonly distributions: Distributions;
}

const COLUMNS: readonly Column[] = [
  { title: 'name', align: 'left', isFlexible: true },
  { title: 'spans', align: 'right', expendable: 4 },
  { title: 'p50', align: 'right', expendable: 2 },
  { title: 'p50 +/-', align: 'right', expendable: 3 },
  { title: 'p95', align: 'right' },
  { title: 'p95 +/-', align: 'right' },
  { title: 'p99', align: 'right', expendable: 6 },
  { title: 'p99 +/-', align: 'right', expendable: 7 },
  { title: 'errors', align: 'right' },
  { title: 'before', align: 'right', expendable: 5 },
  { title: 'verdict', align: 'left', expendable: 1 },
];

const BASES: Readonly<Record<Distributions['basis'], string>> = {
  counts: 'counted by the minute, sampled or not',
  spans: 'from the spans in the file',
};

/** What changed between two sides, the most harmful first. */
export function renderReport(
  terminal: Terminal,
  before: ReportSide,
  after: ReportSide,
  comparison: Comparison,
  limit: number,
): string {
  const { colors, width } = terminal;
  const note = (text: string) => wrap(text, width).map((line) => colors.dim(line));
  const lines = [
    renderFacts(terminal, describeSide(terminal, 'before', before)),
    renderFacts(terminal, describeSide(terminal, 'after', after)),
    '',
  ];
  const shown = comparison.both.slice(0, limit);
  if (shown.length === 0) {
    lines.push('No name is on both sides.');
  } else {
    lines.push(
      renderTable(
        terminal,
        COLUMNS,
        shown.map((compared) => toRow(terminal, compared)),
      ),
    );
  }
  const rest = comparison.both.length - shown.length;
  if (rest > 0) {
    const more = countOf(rest, 'more name');
    lines.push(...note(`... and ${more}, less harmful: --limit ${comparison.both.length} shows all`));
  }
  const oneSided = [...describeOneSided('new', comparison.added), ...describeOneSided('gone', comparison.gone)];
  lines.push(...oneSided.flatMap((text) => wrap(text, width)), '');
  lines.push(
    ...note(
      `${countOf(comparison.tests, 'comparison')}, with at most ${formatPercent(ALARM_CHANCE)} chance of any false alarm among them; ` +
        `what changed by less than ${LEAST_CHANGE * 100} % is steady`,
    ),
  );
  return lines.join('\n');
}

/** `p95>20%: GET /users from 12.0 ms to 18.0 ms (+50 %)` */
export function describeFailure({ rule, name, change }: Failure): string {
  const { before, after } = change;
  const [from, to] = [before, after].map((value) => formatValue(change.metric, value));
  const rise = change.metric === 'errors' ? '' : ` (${formatChange(after / before - 1)})`;
  return `${rule.text}: ${escapeControls(name)} from ${from} to ${to}${rise}`;
}

function describeSide({ colors }: Terminal, label: string, { side, distributions }: ReportSide): Fact[] {
  const { run } = side;
  const spans = distributions.names.reduce((sum, { histogram }) => sum + histogram.count, 0);
  const what =
    run === undefined
      ? `${describeTime(side)}, all runs`
      : `run ${colors.bold(escapeControls(run.runId))} of ${escapeControls(run.service)}, ${formatTime(run.startedAtMicros)}`;
  const warnings: string[] = [];
  if (run !== undefined) {
    warnings.push(...describeLosses(run.processes, run.ledger).map((loss) => `missing: ${loss}`));
    if (distributions.basis === 'spans' && run.ledger.sampledOut > 0) {
      warnings.push('sampling keeps slow and failed spans first, so these figures are too high');
    }
  }
  if (distributions.leftOut > 0) {
    warnings.push(`left out: ${countOf(distributions.leftOut, 'span')} of further names than 2,000`);
  }
  return [
    { label, text: what },
    { label, text: `${countOf(spans, 'span')}, ${BASES[distributions.basis]}` },
    ...warnings.map((text) => ({ label, text, paint: colors.yellow })),
  ];
}

function describeTime({ since, until }: Side): string {
  if (since === undefined) return `until ${formatTime(until ?? 0)}`;
  return until === undefined ? `since ${formatTime(since)}` : `${formatTime(since)} to ${formatTime(until)}`;
}

function toRow(terminal: Terminal, { name, before, after, changes }: Compared): string[] {
  const cell = (metric: Metric) => {
    const change = changes.find((each) => each.metric === metric);
    if (change === undefined) return ['', ''];
    if (change.verdict === 'too few') return [formatValue(metric, change.after), terminal.colors.dim('?')];
    return [formatValue(metric, change.after), paint(terminal, change, formatChange(change.after / change.before - 1))];
  };
  const errors = changes.find(({ metric }) => metric === 'errors');
  return [
    escapeControls(name),
    formatCount(after.histogram.count),
    ...cell('p50'),
    ...cell('p95'),
    ...cell('p99'),
    errors === undefined ? '' : paint(terminal, errors, formatPercent(errors.after, DIGITS)),
    formatPercent(before.errors / before.histogram.count, DIGITS),
    describeVerdict(terminal, changes),
  ];
}

function paint({ colors }: Terminal, { verdict }: Change, text: string): string {
  if (verdict === 'worse') return colors.red(text);
  return verdict === 'better' ? colors.green(text) : colors.dim(text);
}

function describeVerdict({ colors }: Terminal, changes: readonly Change[]): string {
  const those = (verdict: Change['verdict']) =>
    METRICS.filter((metric) => changes.some((change) => change.metric === metric && change.verdict === verdict)).join(
      ', ',
    );
  const [worse, better] = [those('worse'), those('better')];
  const parts = [
    ...(worse === '' ? [] : [colors.red(`worse: ${worse}`)]),
    ...(better === '' ? [] : [colors.green(`better: ${better}`)]),
  ];
  if (parts.length > 0) return parts.join('; ');
  return colors.dim(changes.every(({ verdict }) => verdict === 'too few') ? 'too few' : 'steady');
}

/** How many names of one side only are listed. */
const LISTED = 10;

function describeOneSided(title: string, names: Comparison['added']): string[] {
  if (names.length === 0) return [];
  const listed = names
    .slice(0, LISTED)
    .map(({ name, histogram }) => `${escapeControls(name)} (${formatCount(histogram.count)})`);
  const more = names.length > LISTED ? ` and ${countOf(names.length - LISTED, 'other', 'others')}` : '';
  return [`${title}: ${listed.join(', ')}${more}`];
}

function formatValue(metric: Metric, value: number): string {
  return metric === 'errors' ? formatPercent(value, DIGITS) : formatDuration(value);
}
