import {
  type ChangeSummary,
  type ComparedName,
  type Difference,
  describeRise,
  type FailedChange,
  type Metric,
  type OneSidedName,
  type RuleResult,
  type SideSummary,
} from '@ferretjs/queries/diff';
import {
  countOf,
  escapeControls,
  formatChange,
  formatCount,
  formatDuration,
  formatPercent,
  formatTime,
  METRICS,
} from '@ferretjs/queries/words';
import { type Fact, renderFacts } from '../format/facts.js';
import { displayName, shortName, WIDEST_NAME } from '../format/name.js';
import { type Column, renderTable } from '../format/table.js';
import { wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';

/** Digits of a share of errors: fewer would hide the change. */
const DIGITS = 3;

const COLUMNS: readonly Column[] = [
  { title: 'name', align: 'left', isFlexible: true, widest: WIDEST_NAME },
  { title: 'spans', align: 'right', expendable: 6 },
  { title: 'p50', align: 'right', expendable: 4 },
  { title: 'p50 +/-', align: 'right', expendable: 5 },
  { title: 'p95', align: 'right', expendable: 2 },
  { title: 'p95 +/-', align: 'right', expendable: 1 },
  { title: 'p99', align: 'right', expendable: 8 },
  { title: 'p99 +/-', align: 'right', expendable: 9 },
  { title: 'errors', align: 'right', expendable: 3 },
  { title: 'before', align: 'right', expendable: 7 },
  { title: 'verdict', align: 'left' },
];

const SOURCES: Readonly<Record<SideSummary['source'], string>> = {
  routes: 'counted by the minute, sampled or not',
  spans: 'from the spans in the file',
};

/** Renders the changes between two sides, the most harmful first. */
export function renderReport(terminal: Terminal, difference: Difference): string {
  const { colors, width } = terminal;
  const { names, nameCount } = difference;
  const note = (text: string) => wrap(text, width).map((line) => colors.dim(line));
  const lines = [
    renderFacts(terminal, describeSide(terminal, 'before', difference.before)),
    renderFacts(terminal, describeSide(terminal, 'after', difference.after)),
    '',
  ];
  if (names.length === 0) {
    lines.push('No name is on both sides.');
  } else {
    const rows = names.map((compared) => toRow(terminal, compared));
    lines.push(renderTable(terminal, COLUMNS, rows));
  }
  if (nameCount > names.length) {
    const more = countOf(nameCount - names.length, 'more name');
    lines.push(...note(`... and ${more}, less harmful: --limit ${nameCount} shows all`));
  }
  const oneSided = [...describeOneSided('new', difference.added), ...describeOneSided('gone', difference.gone)];
  lines.push(...oneSided.flatMap((text) => wrap(text, width)), '');
  lines.push(...difference.notes.flatMap(note));
  return lines.join('\n');
}

/** `p95>20%: GET /users from 12.0 ms to 18.0 ms (+50 %)` */
export function describeFailure(failed: FailedChange): string {
  const { rule, name, metric, before, after } = failed;
  const [from, to] = [before, after].map((value) => formatValue(metric, value));
  const rise = metric === 'errors' ? '' : ` (${describeRise(failed)})`;
  return `${rule}: ${shortName(name)} from ${from} to ${to}${rise}`;
}

/** The most names listed that could not be judged. */
const UNJUDGED_LISTED = 5;

/**
 * `p95>20% could not be judged for GET /report (150 spans; p95 takes 200) and 3 others`; undefined where all were
 * judged.
 */
export function describeUnjudged({ rule, unjudged }: Pick<RuleResult, 'rule' | 'unjudged'>): string | undefined {
  if (unjudged.length === 0) return undefined;
  const listed = unjudged
    .slice(0, UNJUDGED_LISTED)
    .map(({ name, reason }) => `${shortName(name)} (${reason})`)
    .join(', ');
  const rest = unjudged.length - UNJUDGED_LISTED;
  return `${rule} could not be judged for ${listed}${rest > 0 ? ` and ${countOf(rest, 'other', 'others')}` : ''}`;
}

function describeSide({ colors }: Terminal, label: string, side: SideSummary): Fact[] {
  const { run, source, spans, leftOut, missing } = side;
  const what =
    run === null
      ? `${describeTime(side)}, all runs`
      : `run ${colors.bold(escapeControls(run.runId))} of ${escapeControls(run.service)}, ${formatTime(run.startedAt)}`;
  const warnings = missing.map((loss) => `missing: ${loss}`);
  if (run !== null && source === 'spans' && run.ledger.sampledOut + run.ledger.folded > 0) {
    warnings.push('sampling prefers slow and failed spans, so these figures are too high');
  }
  if (leftOut > 0) {
    warnings.push(`left out: ${countOf(leftOut, 'span')} of further names than 2,000`);
  }
  return [
    { label, text: what },
    { label, text: `${countOf(spans, 'span')}, ${SOURCES[source]}` },
    ...warnings.map((text) => ({ label, text, paint: colors.yellow })),
  ];
}

function describeTime({ since, until }: SideSummary): string {
  if (since === null) return `until ${formatTime(until ?? 0)}`;
  return until === null ? `since ${formatTime(since)}` : `${formatTime(since)} to ${formatTime(until)}`;
}

function toRow(terminal: Terminal, { name, countAfter, changes }: ComparedName): string[] {
  const cell = (metric: Metric) => {
    const change = changes.find((each) => each.metric === metric);
    if (change === undefined) return ['', ''];
    if (change.verdict === 'too few' || change.verdict === 'too short')
      return [formatValue(metric, change.after), terminal.colors.dim('?')];
    return [formatValue(metric, change.after), paint(terminal, change, formatChange(change.after / change.before - 1))];
  };
  const errors = changes.find(({ metric }) => metric === 'errors');
  return [
    displayName(name),
    formatCount(countAfter),
    ...cell('p50'),
    ...cell('p95'),
    ...cell('p99'),
    errors === undefined ? '' : paint(terminal, errors, formatPercent(errors.after, DIGITS)),
    errors === undefined ? '' : formatPercent(errors.before, DIGITS),
    describeVerdict(terminal, changes),
  ];
}

function paint({ colors }: Terminal, { verdict }: ChangeSummary, text: string): string {
  if (verdict === 'worse') return colors.red(text);
  return verdict === 'better' ? colors.green(text) : colors.dim(text);
}

/** The verdict on a name. Its metrics are named unless all of them have the same verdict. */
function describeVerdict({ colors }: Terminal, changes: readonly ChangeSummary[]): string {
  const those = (verdict: ChangeSummary['verdict']) =>
    METRICS.filter((metric) => changes.some((change) => change.metric === metric && change.verdict === verdict));
  const [worse, better, steady] = [those('worse'), those('better'), those('steady')];
  if (worse.length + better.length > 0) {
    const parts = [
      ...(worse.length > 0 ? [colors.red(`worse: ${worse.join(', ')}`)] : []),
      ...(better.length > 0 ? [colors.green(`better: ${better.join(', ')}`)] : []),
    ];
    return parts.join('; ');
  }
  if (steady.length > 0)
    return colors.dim(steady.length === METRICS.length ? 'steady' : `steady: ${steady.join(', ')}`);
  return colors.dim(WITHOUT_ANSWER.find((verdict) => those(verdict).length > 0) ?? 'unclear');
}

const WITHOUT_ANSWER: readonly ChangeSummary['verdict'][] = ['unclear', 'too short', 'too few'];

/** The most names listed that are on one side only. */
const LISTED = 10;

function describeOneSided(title: string, names: readonly OneSidedName[]): string[] {
  if (names.length === 0) return [];
  const listed = names.slice(0, LISTED).map(({ name, count }) => `${shortName(name)} (${formatCount(count)})`);
  const more = names.length > LISTED ? ` and ${countOf(names.length - LISTED, 'other', 'others')}` : '';
  return [`${title}: ${listed.join(', ')}${more}`];
}

function formatValue(metric: Metric, value: number): string {
  return metric === 'errors' ? formatPercent(value, DIGITS) : formatDuration(value);
}
