import { hostname } from 'node:os';
import { FerretError } from '../../errors.js';
import { mayLive } from '../../process/process-liveness.js';
import {
  figuresBy,
  figuresOfRow,
  LEDGER_COLUMN_NAMES,
  type Ledger,
  type LedgerRow,
  toLedger,
} from '../../sink/ledger.js';
import { readLastWord } from '../../spill/last-word.js';
import type { Connection } from './connection.js';
import { IF_COPIED } from './explain-errors.js';
import { parseObject } from './stored-json.js';

/** A process and thread of a run. */
export interface Process {
  readonly processKey: string;
  readonly pid: number;
  readonly threadId: number;
  readonly threadName: string;
  readonly hostname: string;
  readonly nodeVersion: string;
  /** Microseconds since the epoch. */
  readonly startedAtMicros: number;
  /** When the process last wrote to the file. */
  readonly lastSeenMicros: number;
  /** Absent while the process runs, and for ever if it crashed. */
  readonly endedAtMicros?: number;
  readonly endReason?: string;
  /**
   * `ended` and `crashed`: it is gone, asked to or not, whether the file knows already or not. `silent`: it ran on
   * another host and has not been seen for a minute, so it crashed, or is held up; those of an older Ferret may be
   * idle.
   */
  readonly state: 'running' | 'ended' | 'crashed' | 'silent';
  readonly ledger: Ledger;
}

/** A named session, over one or more processes. */
export interface Run {
  readonly runId: string;
  readonly service: string;
  /** Microseconds since the epoch. */
  readonly startedAtMicros: number;
  /** Absent until every process of the run has ended. */
  readonly endedAtMicros?: number;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly processes: readonly Process[];
  /** The sum over the processes. */
  readonly ledger: Ledger;
}

interface RunRow {
  id: number;
  run_id: string;
  service: string;
  started_at_us: number;
  resource: string;
}

interface ProcessRow extends LedgerRow {
  run_row: number;
  process_key: string;
  pid: number;
  thread_id: number;
  thread_name: string;
  hostname: string;
  node_version: string;
  started_at_us: number;
  last_seen_us: number;
  ended_at_us: number | null;
  end_reason: string | null;
  pid_start: string | null;
}

const SELECT_RUNS = 'SELECT id, run_id, service, started_at_us, resource FROM run';
const NEWEST_FIRST = 'ORDER BY started_at_us DESC, id DESC';
const SELECT_PROCESSES = `
SELECT run_id AS run_row, process_key, pid, thread_id, thread_name, hostname, node_version, started_at_us, last_seen_us,
  ended_at_us, end_reason, pid_start, ${LEDGER_COLUMN_NAMES.join(', ')}
FROM process`;

/** Number of run ids that an error message lists. */
const LISTED_RUNS = 10;

const SELECT_BY_PREFIX = `${SELECT_RUNS} WHERE ?1 <> '' AND substr(run_id, 1, length(?1)) = ?1 ${NEWEST_FIRST}`;

/** All runs, newest first. */
export async function readRuns(connection: Connection): Promise<Run[]> {
  const runs = await connection.all<RunRow>(`${SELECT_RUNS} ${NEWEST_FIRST}`);
  const processes = await connection.all<ProcessRow>(`${SELECT_PROCESSES} ORDER BY id`);
  const processesOfRun = new Map<number, ProcessRow[]>(runs.map((run) => [run.id, []]));
  for (const process of processes) {
    processesOfRun.get(process.run_row)?.push(process);
  }
  return Promise.all(runs.map((run) => toRun(connection, run, processesOfRun.get(run.id) ?? [])));
}

/** Returns one run: the newest without an id. The beginning of an id will do where it is the only one. */
export async function readRun(connection: Connection, file: string, runId?: string): Promise<Run> {
  const [run] =
    runId === undefined
      ? await connection.all<RunRow>(`${SELECT_RUNS} ${NEWEST_FIRST} LIMIT 1`)
      : await connection.all<RunRow>(`${SELECT_RUNS} WHERE run_id = ?`, [runId]);
  if (run === undefined) {
    const found = runId === undefined ? [] : await connection.all<RunRow>(SELECT_BY_PREFIX, [runId]);
    if (found.length !== 1) throw await runNotFound(connection, file, runId, found);
    return readRun(connection, file, found[0]?.run_id);
  }
  const processes = await connection.all<ProcessRow>(`${SELECT_PROCESSES} WHERE run_id = ? ORDER BY id`, [run.id]);
  return toRun(connection, run, processes);
}

async function runNotFound(
  connection: Connection,
  file: string,
  runId: string | undefined,
  found: readonly RunRow[],
): Promise<FerretError> {
  if (found.length > 0) {
    const what = `${found.length} runs that begin with "${runId}"`;
    return new FerretError('RUN_NOT_FOUND', `${file} holds ${what}: ${listRuns(found)}.`);
  }
  const runs = await connection.all<RunRow>(`${SELECT_RUNS} ${NEWEST_FIRST}`);
  if (runId === undefined || runs.length === 0) {
    return new FerretError(
      'RUN_NOT_FOUND',
      `${file} holds no run yet: nothing has been recorded into it. ${IF_COPIED}`,
    );
  }
  return new FerretError('RUN_NOT_FOUND', `${file} holds no run "${runId}". It holds: ${listRuns(runs)}.`);
}

function listRuns(runs: readonly RunRow[]): string {
  const listed = runs.slice(0, LISTED_RUNS).map((run) => run.run_id);
  const more = runs.length > LISTED_RUNS ? ` and ${runs.length - LISTED_RUNS} older ones` : '';
  return `${listed.join(', ')}${more}`;
}

async function toRun(connection: Connection, row: RunRow, processRows: readonly ProcessRow[]): Promise<Run> {
  const processes: Process[] = [];
  for (const each of processRows) processes.push(toProcess(each, await stateOf(connection, each)));
  const ends = processes.flatMap((process) => process.endedAtMicros ?? []);
  const hasEnded = ends.length > 0 && ends.length === processes.length;
  return {
    runId: row.run_id,
    service: row.service,
    startedAtMicros: row.started_at_us,
    ...(hasEnded && { endedAtMicros: ends.reduce((latest, end) => Math.max(latest, end)) }),
    resource: parseObject(row.resource),
    processes,
    ledger: ledgerOf(processRows),
  };
}

function toProcess(row: ProcessRow, state: Process['state']): Process {
  return {
    processKey: row.process_key,
    pid: row.pid,
    threadId: row.thread_id,
    threadName: row.thread_name,
    hostname: row.hostname,
    nodeVersion: row.node_version,
    startedAtMicros: row.started_at_us,
    lastSeenMicros: row.last_seen_us,
    ...(row.ended_at_us !== null && { endedAtMicros: row.ended_at_us }),
    ...(row.end_reason !== null && { endReason: row.end_reason }),
    state,
    ledger: ledgerOf([row]),
  };
}

async function stateOf({ path }: Connection, row: ProcessRow): Promise<Process['state']> {
  if (row.ended_at_us !== null) return isCrash(row.end_reason) ? 'crashed' : 'ended';
  const trace = { hostname: row.hostname, pid: row.pid, pidStart: row.pid_start };
  if (mayLive(trace, row.last_seen_us, Date.now() * 1_000)) return 'running';
  const word = await readLastWord(path, row.process_key);
  if (word !== undefined) return isCrash(word.reason) ? 'crashed' : 'ended';
  return row.hostname === hostname() ? 'crashed' : 'silent';
}

function isCrash(endReason: string | null): boolean {
  return endReason === 'crashed' || endReason === 'uncaughtException';
}

/** The ledger of one or more processes, each figure their sum. */
function ledgerOf(rows: readonly ProcessRow[]): Ledger {
  const figures = rows.map(figuresOfRow);
  return toLedger(figuresBy((name) => figures.reduce((sum, figure) => sum + figure[name], 0)));
}
