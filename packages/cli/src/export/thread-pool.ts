import type { StoredSpan } from '@ferretjs/core/reader';

/** A thread of the viewer. */
export interface Thread {
  readonly pid: number;
  /** Unique over all processes. */
  readonly tid: number;
  /** 1 for the first of its process. */
  readonly lane: number;
  /** Whether it is handed out for the first time. */
  readonly isNew: boolean;
}

interface Row {
  readonly tid: number;
  readonly lane: number;
  busyUntilNanos: number;
}

interface Group {
  readonly pid: number;
  /** The one that is free first before the others. */
  readonly rows: Row[];
}

/** Hands out the threads of each process, as few as hold everything without overlap. */
export class ThreadPool {
  readonly #groups = new Map<string, Group>();
  readonly #pids = new Set<number>();
  #lastTid = 0;

  /** A thread that is free from `startNanos` on, and taken until `endNanos`. */
  take(owner: Pick<StoredSpan, 'processKey' | 'pid'>, startNanos: number, endNanos: number): Thread {
    const { pid, rows } = this.#groupOf(owner);
    // The row that has been free for the shortest time: the others are left to spans that start earlier.
    const free = rowsUntil(rows, startNanos);
    const [reused] = free === 0 ? [] : rows.splice(free - 1, 1);
    const row = reused ?? { tid: ++this.#lastTid, lane: rows.length + 1, busyUntilNanos: 0 };
    row.busyUntilNanos = endNanos;
    rows.splice(rowsUntil(rows, endNanos), 0, row);
    return { pid, tid: row.tid, lane: row.lane, isNew: reused === undefined };
  }

  #groupOf({ processKey, pid }: Pick<StoredSpan, 'processKey' | 'pid'>): Group {
    let group = this.#groups.get(processKey);
    if (group === undefined) {
      group = { pid: this.#unusedPid(pid), rows: [] };
      this.#groups.set(processKey, group);
    }
    return group;
  }

  /** Worker threads share a pid, and pids come again. */
  #unusedPid(pid: number): number {
    let unused = pid;
    while (this.#pids.has(unused)) unused += 1;
    this.#pids.add(unused);
    return unused;
  }
}

/** The number of rows that are free before `nanos`: not at that very moment, see GAP_NANOS in lanes.ts. */
function rowsUntil(rows: readonly Row[], nanos: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Row).busyUntilNanos < nanos) low = middle + 1;
    else high = middle;
  }
  return low;
}
