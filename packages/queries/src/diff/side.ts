import type { Distributions, Reader, Run } from '@ferretjs/core/reader';
import { codeOf, QueryError } from '../query-error.js';

/** A side of a comparison, as it was asked for. */
export type SideRequest =
  | { readonly kind: 'run'; readonly text: string }
  | { readonly kind: 'range'; readonly text: string; readonly since?: number; readonly until?: number };

/** A side as it was asked for, and the store that it is in. */
export interface SideSource {
  readonly reader: Reader;
  readonly file: string;
  readonly request: SideRequest;
}

/** A run, or a time over all runs. */
export interface Side {
  readonly text: string;
  readonly run?: Run;
  /** Microseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
}

/** A side, and how the durations of its names are distributed. */
export interface ReadSide {
  readonly side: Side;
  readonly distributions: Distributions;
}

/** The forms of a side, in words. */
const FORMS =
  'Give a run by its id or the beginning of it, "latest", "previous", or a time as <from>..<to>, such as 2h..1h or ' +
  '2026-01-31T14:00..2026-01-31T15:00.';

/**
 * Finds both sides. They may be in two files.
 * @throws QueryError `RUN_NOT_FOUND`, `INVALID_OPTION`
 */
export async function findSides(before: SideSource, after: SideSource): Promise<{ before: Side; after: Side }> {
  const second = await findSide(after, undefined);
  const isSameFile = before.reader === after.reader;
  const first = await findSide(before, isSameFile ? second.run : undefined);
  if (isSameFile && first.run !== undefined && first.run.runId === second.run?.runId) {
    throw new QueryError('INVALID_OPTION', `Both sides are run "${first.run.runId}": nothing to compare. ${FORMS}`);
  }
  if (isSameFile && overlap(first, second)) {
    throw new QueryError('INVALID_OPTION', `${first.text} and ${second.text} overlap: what is in both cannot differ.`);
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

async function findSide({ reader, file, request }: SideSource, other: Run | undefined): Promise<Side> {
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
      throw codeOf(error) === 'RUN_NOT_FOUND'
        ? new QueryError('RUN_NOT_FOUND', `${(error as Error).message} ${FORMS}`)
        : error;
    },
  );
}

/** The run of the same service before another. */
function findPrevious(runs: readonly Run[], other: Run, file: string): Run {
  const at = runs.findIndex(({ runId }) => runId === other.runId);
  const previous = runs.slice(at + 1).find(({ service }) => service === other.service);
  if (previous === undefined) {
    throw new QueryError(
      'RUN_NOT_FOUND',
      `${file} holds no run of "${other.service}" before "${other.runId}". "ferret runs" lists the runs.`,
    );
  }
  return previous;
}
