import { isMainThread } from 'node:worker_threads';
import { FerretError } from '../errors.js';
import type { SpanSink } from '../sink/sink.js';
import { hasNodeSqlite } from './file/node-sqlite-driver.js';

/**
 * Whether this thread may not open the file for writing: `sqlite3` aborts the whole process when a worker thread ends
 * with a statement under way (https://github.com/TryGhost/node-sqlite3/issues/1666), and every Node that lacks
 * `node:sqlite` would need it.
 */
export function mayOnlySpill(): boolean {
  return !isMainThread && !hasNodeSqlite();
}

/** The sink of such a thread. It gets what the spill file has no room for. */
export const SPILL_ONLY: SpanSink = {
  async write({ spans }) {
    if (spans.length === 0) return;
    throw new FerretError(
      'STORE_FAILED',
      'In a worker thread of a Node before 22.13, spans go to a spill file only, and that is full, switched off or cannot be written',
    );
  },
  close: async () => {},
};
