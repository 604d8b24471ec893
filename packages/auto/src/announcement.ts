import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debuglog } from 'node:util';
import { threadId } from 'node:worker_threads';
import { processWide } from '@ferretjs/core/adapter';
import { coverage, type LibraryCoverage } from './coverage.js';

/** When an application has mostly loaded its libraries. */
const DELAY_MILLIS = 1_000;

const debug = debuglog('ferret');
const state = processWide('auto.announcement', () => ({ isBegun: false }));

/**
 * Tells once what was found, a second after the start or at the end of the process: as one line with
 * `NODE_DEBUG=ferret`, and as a file in the folder that `FERRET_COVERAGE_DIRECTORY` names, which is how `ferret doctor
 * --coverage` learns of it. Otherwise nothing is looked for.
 */
export function announceCoverage(): void {
  const directory = process.env['FERRET_COVERAGE_DIRECTORY'];
  if (state.isBegun || (!debug.enabled && !directory)) return;
  state.isBegun = true;
  let isSaid = false;
  const say = () => {
    if (!isSaid) debug('%s', lineOf(coverage()));
    isSaid = true;
    if (directory) save(directory);
  };
  const timer = setTimeout(say, DELAY_MILLIS);
  timer.unref();
  process.once('exit', say);
}

/** The coverage in one line: first the libraries that are seen, then those that are not. */
export function lineOf(found: readonly LibraryCoverage[]): string {
  const nameOf = ({ library, version }: LibraryCoverage) => (version === undefined ? library : `${library} ${version}`);
  const relevant = found.filter(({ isLoaded, seen }) => isLoaded || seen === 'no');
  const seen = relevant.filter(({ seen }) => seen !== 'no').map((each) => `${nameOf(each)} (${each.seen})`);
  const unseen = relevant.filter(({ seen }) => seen === 'no').map((each) => `${nameOf(each)} (${each.reason})`);
  return `instrumented: ${seen.join(', ') || 'nothing'}; not: ${unseen.join(', ') || 'nothing'}`;
}

function save(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
    const report = { pid: process.pid, threadId, command: process.argv.slice(1), libraries: coverage() };
    writeFileSync(join(directory, `${process.pid}-${threadId}.json`), JSON.stringify(report));
  } catch {
    // The folder cannot be written. The doctor says that it heard nothing.
  }
}
