import { openReader } from '@ferretjs/core/reader';
import { AttentionError } from '../attention.js';
import type { Terminal } from '../terminal.js';
import { compare } from './compare.js';
import { type FailRule, findFailures, findIdleRules } from './fail-on.js';
import { describeFailure, renderReport } from './report.js';
import { findSides, type Side, type SideRequest } from './side.js';
import { comparisonToJson } from './to-json.js';

export interface DiffOptions {
  /** The file of the first side, where it is another one. */
  readonly beforeFile?: string;
  readonly failOn?: readonly FailRule[];
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
  { beforeFile = file, failOn = [], limit, json = false }: DiffOptions,
): Promise<void> {
  const reader = await openReader(file);
  const other =
    beforeFile === file
      ? reader
      : await openReader(beforeFile).catch(async (error: unknown) => {
          await reader.close();
          throw error;
        });
  try {
    const sides = await findSides(
      { reader: other, file: beforeFile, request: before },
      { reader, file, request: after },
    );
    const first = { side: sides.before, distributions: await other.distributions(optionsOf(sides.before)) };
    const second = { side: sides.after, distributions: await reader.distributions(optionsOf(sides.after)) };
    const comparison = compare(first.distributions, second.distributions);
    const failures = findFailures(failOn, comparison);
    terminal.print(
      json
        ? JSON.stringify(
            comparisonToJson(first, second, comparison, failures, limit ?? Number.POSITIVE_INFINITY),
            null,
            2,
          )
        : renderReport(terminal, first, second, comparison, limit ?? TABLE_LIMIT),
    );
    for (const { text, metric } of findIdleRules(failOn, comparison)) {
      terminal.complain(
        `ferret: ${text} was not judged: no name has enough spans on both sides to tell its ${metric}.`,
      );
    }
    for (const failure of failures) terminal.complain(`ferret: failed ${describeFailure(failure)}`);
    if (failures.length > 0) throw new AttentionError('A limit of --fail-on is exceeded.');
  } finally {
    await reader.close();
    if (other !== reader) await other.close();
  }
}

function optionsOf({ run, since, until }: Side) {
  return {
    ...(run !== undefined && { runId: run.runId }),
    ...(since !== undefined && { sinceMicros: since }),
    ...(until !== undefined && { untilMicros: until }),
  };
}
