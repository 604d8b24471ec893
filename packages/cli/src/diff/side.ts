import { FerretError, type Reader, type Run } from '@ferretjs/core/reader';
import { InvalidArgumentError } from 'commander';
import { parseTimeBound } from '../options/time-bound.js';

/** What one side of a comparison was asked to be. */
export type SideRequest =
  | { readonly kind: 'run'; readonly text: string }
  | { readonly kind: 'range'; readonly text: string; readonly since?: number; readonly until?: number };

/** A run, or a time over all runs. */
export interface Side {
  readonly text: string;
  readonly run?: Run;
  /** Microseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
}

/** Reads `<run>`, or `<from>..<to>` of two times of which one may be left out. */
export function sideRequest(text: string): SideRequest {
  const [from, to, ...rest] = text.split('..');
  if (from === undefined || to === undefined || rest.length > 0 || (from === '' && to === '')) {
    return { kind: 'run', text };
  }
  const now = Date.now();
  const [since, until] = [from, to].map((bound) => (bound === '' ? undefined : parseTimeBound(bound, now)));
  if ((from !== '' && since === undefined) || (to !== '' && until === undefined)) return { kind: 'run', text };
  if (since !== undefined && until !== undefined && since >= until) {
    throw new InvalidArgumentError('The first time must be earlier than the second.');
  }
  return { kind: 'range', text, ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

/** How a side is given, in words. */
const FORMS =
  'Give a run by its id or the beginning of it, "latest", "previous", or a time as <from>..<to>, such as 2h..1h or ' +
  '2026-01-31T14:00..2026-01-31T15:00.';

/**
 * Finds both sides. They may be in two files.
 * @throws FerretError `RUN_NOT_FOUND`, `INVALID_OPTION`
 */
export async function findSides(
  before: { readonly reader: Reader; readonly file: string; readonly request: SideRequest },
  after: { readonly reader: Reader; readonly file: string; readonly request: SideRequest },
): Promise<{ before: Side; after: Side }> {
  const second = await findSide(after, undefined);
  const isSameFile = before.reader === after.reader;
  const first = await findSide(before, isSameFile ? second.run : undefined);
  if (isSameFile && first.run !== undefined && first.run.runId === second.run?.runId) {
    throw new FerretError('INVALID_OPTION', `Both sides are run "${first.run.runId}": nothing to compare. ${FORMS}`);
  }
  if (isSameFile && overlap(first, second)) {
    throw new FerretError('INVALID_OPTION', `${first.text} and ${second.text} overlap: what is in both cannot differ.`);
  }
  return { before: first, after: second };
}

function overlap(one: Side, other: Side): boolean {
  if (one.run !== undefined || other.run !== undefined) return false;
  const [first, second] = [one, other].map(
    ({ since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }) => ({
      since,
      until,
    }),
  );
  return first !== undefined && second !== undefined && first.since < second.until && second.since < first.until;
}

async function findSide(
  { reader, file, request }: { readonly reader: Reader; readonly file: string; readonly request: SideRequest },
  other: Run | undefined,
): Promise<Side> {
  const { text } = request;
  const runs = await reader.runs();
  const exact = runs.find(({ runId }) => runId === text);
  if (exact !== undefined) return { text, run: exact };
  if (request.kind === 'range') {
    const { since, until } = request;
    return { text, ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  }
  if (text === 'latest' && runs[0] !== undefined) return { text, run: runs[0] };
  if (text === 'previous' && runs[0] !== undefined) return { text, run: findPrevious(runs, other ?? runs[0], file) };
  // Or the beginning of an id; says which runs there are.
  return reader.run(text).then(
    (run) => ({ text, run }),
    (error: unknown) => {
      throw error instanceof FerretError ? new FerretError(error.code, `${error.message} ${FORMS}`) : error;
    },
  );
}

/** The run of the same service before another. */
function findPrevious(runs: readonly Run[], other: Run, file: string): Run {
  const at = runs.findIndex(({ runId }) => runId === other.runId);
  const previous = runs.slice(at + 1).find(({ service }) => service === other.service);
  if (previous === undefined) {
    throw new FerretError(
      'RUN_NOT_FOUND',
      `${file} holds no run of "${other.service}" before "${other.runId}". "ferret runs" lists the runs.`,
    );
  }
  return previous;
}
