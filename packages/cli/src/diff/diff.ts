import { FerretError, openReader } from '@ferretjs/core/reader';
import { compareSides, type FailRule, readSides, type SideRequest } from '@ferretjs/queries/diff';
import { safeJson } from '../format/json.js';
import { AttentionError, type Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';
import { describeFailure, describeUnjudged, renderReport } from './report.js';

export interface DiffOptions {
  /** The file of the first side, where it is another one. */
  readonly beforeFile?: string;
  readonly failOn?: readonly FailRule[];
  /** Fails also where a rule could not be judged for a name. */
  readonly failOnUnjudged?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
}

const TABLE_LIMIT = 50;

/** `ferret diff`: what changed between two runs, or two times. */
export async function diff(
  terminal: Terminal,
  before: SideRequest,
  after: SideRequest,
  file: string,
  { beforeFile = file, failOn = [], failOnUnjudged = false, limit, json = false }: DiffOptions,
): Promise<void> {
  if (failOnUnjudged && failOn.length === 0) {
    throw new FerretError('INVALID_OPTION', '--fail-on-unjudged needs a rule to judge: --fail-on <rule>.');
  }
  const reader = await openReader(file, placeFor(terminal));
  const other =
    beforeFile === file
      ? reader
      : await openReader(beforeFile, placeFor(terminal)).catch(async (error: unknown) => {
          await reader.close();
          throw error;
        });
  try {
    const sides = await whileWaiting(terminal, 'reading both sides', () =>
      readSides({ reader: other, file: beforeFile, request: before }, { reader, file, request: after }),
    );
    terminal.status('comparing ...', 'file');
    const difference = compareSides(sides, failOn, limit ?? (json ? undefined : TABLE_LIMIT));
    terminal.status('', 'file');
    terminal.print(json ? safeJson(difference, 2) : renderReport(terminal, difference));
    for (const result of difference.rules) {
      const failures = difference.failed.filter(({ rule }) => rule === result.rule);
      for (const failure of failures) terminal.complain(`ferret: failed ${describeFailure(failure)}`);
      const text = describeUnjudged(result);
      if (text !== undefined) terminal.complain(`ferret: ${text}`);
    }
    if (difference.rules.some(({ failed, unjudged }) => failed.length > 0 || (failOnUnjudged && unjudged.length > 0))) {
      throw new AttentionError('A rule of --fail-on failed, or could not be judged.');
    }
  } finally {
    await reader.close();
    if (other !== reader) await other.close();
  }
}
