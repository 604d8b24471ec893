import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeControls } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { runProgram } from '../run/run-program.js';
import { AttentionError, type Terminal } from '../terminal.js';
import { renderFinding, type ShownFinding, TITLE_WIDTH } from './doctor.js';

/** The report of a process on one library: `LibraryCoverage` of @ferretjs/auto. */
interface LibraryCoverage {
  readonly library: string;
  readonly version?: string;
  readonly seen: string;
  readonly isLoaded: boolean;
  readonly reason?: string;
  readonly advice?: string;
}

interface ProcessCoverage {
  readonly pid: number;
  readonly threadId: number;
  readonly command: readonly string[];
  readonly libraries: readonly LibraryCoverage[];
}

/** A program that loads nothing: what is installed in the working directory is all that there is to say then. */
const NOTHING = [process.execPath, '--eval', ''];

/**
 * `ferret doctor --coverage`: which libraries of an application Ferret sees. The application's processes tell it
 * themselves; without a command, a process that loads nothing tells what is installed in the working directory.
 */
export async function showCoverage(
  terminal: Terminal,
  command: readonly string[],
  { json = false }: { readonly json?: boolean | undefined },
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ferret-coverage-'));
  try {
    await runProgram(command.length === 0 ? NOTHING : command, { FERRET_COVERAGE_DIRECTORY: directory });
    const processes = await readReports(directory);
    if (processes.length === 0) {
      throw new Error(
        'No process told anything: the program started no Node, was ended by a signal within a second, or cleared ' +
          'NODE_OPTIONS.',
      );
    }
    if (json) terminal.print(safeJson({ processes }, 2));
    else for (const each of processes) terminal.print(render(terminal, each, command.length > 0));
    if (processes.some(({ libraries }) => libraries.some(({ seen }) => seen === 'no'))) {
      throw new AttentionError('Some libraries are not seen.');
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readReports(directory: string): Promise<readonly ProcessCoverage[]> {
  const names = (await readdir(directory)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as ProcessCoverage),
  );
}

function render(terminal: Terminal, { pid, command, libraries }: ProcessCoverage, isRunning: boolean): string {
  const title = isRunning ? `process ${pid}: ${escapeControls(command.join(' '))}` : 'installed here';
  const findings = libraries.map((each) => findingOf(each, isRunning));
  const titleWidth = Math.max(TITLE_WIDTH, ...findings.map(({ topic }) => topic.length + 6));
  return [terminal.colors.bold(title), ...findings.map((finding) => renderFinding(terminal, finding, titleWidth))].join(
    '\n',
  );
}

const WORDS: Readonly<Record<string, string>> = {
  channel: "seen by the library's own channel",
  hook: 'seen by a hook',
  node: "seen: a part of Node's own",
};

function findingOf(coverage: LibraryCoverage, isRunning: boolean): ShownFinding {
  const { library, version, seen, isLoaded, reason, advice } = coverage;
  const what = seen === 'no' ? `not seen: ${(reason ?? 'unknown').replaceAll('-', ' ')}` : (WORDS[seen] ?? seen);
  const isIdle = isRunning && !isLoaded && seen !== 'no';
  const text = `${version ?? ''} ${what}${isIdle ? ' (not seen to be loaded)' : ''}`;
  return {
    level: seen === 'no' ? 'attention' : 'ok',
    topic: escapeControls(library),
    text: escapeControls(text.trim()),
    ...(advice !== undefined && { advice: escapeControls(advice) }),
  };
}
