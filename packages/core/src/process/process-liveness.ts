import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Tells a process from another one that was given the same pid later. */
export interface ProcessTrace {
  readonly hostname: string;
  readonly pid: number;
  /** See {@link startOf}; `null` where the system does not say. */
  readonly pidStart: string | null;
}

/** A process of another host that has given no sign of life for this long is taken for dead. */
const SILENCE_MICROS = 60_000_000;

/** An idle process says so that often: two of three times may fail. */
export const HEARTBEAT_MILLIS = SILENCE_MICROS / 1_000 / 3;

/**
 * When a process of this host was started, in the system's own words: Linux's ticks since boot (proc(5), field 22 of
 * `stat`), behind the pid namespace that its pid is of. Containers may share a host's name, and number their processes
 * each for itself.
 */
export function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the command in parentheses, with anything in it.
    const ticks = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? null : `${NAMESPACE} ${ticks}`;
  } catch {
    return null;
  }
}

/** Whether a pid is one of those that this process sees. */
const NAMESPACE = namespace();

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * Whether a process that left no word of its end may still run. Of this host it is asked; of another, as where
 * containers share a volume, its last sign of life counts.
 */
export function mayLive(process: ProcessTrace, lastSeenMicros: number, nowMicros: number): boolean {
  const isOutOfSight =
    process.hostname !== hostname() || (process.pidStart !== null && !process.pidStart.startsWith(`${NAMESPACE} `));
  if (isOutOfSight) return nowMicros - lastSeenMicros < SILENCE_MICROS;
  if (!isRunning(process.pid)) return false;
  const start = process.pidStart === null ? null : startOf(process.pid);
  return start === null || start === process.pidStart;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
