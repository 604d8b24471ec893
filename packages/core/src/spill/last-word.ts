import type { EndReason } from '../sink/end-reason.js';
import { COPIES, spillFileOf } from './spill-file.js';
import { openSpill } from './spill-handle.js';
import { decode } from './spill-record.js';

/** The end of a process, as its spill file says. */
export interface LastWord {
  readonly reason: EndReason;
  readonly atMicros: number;
}

/** Bytes at the end of a spill file in which the last record is looked for. A record of the end is much shorter. */
const TAIL_BYTES = 64 * 1024;

/** Reads the end of a process from its spill file. `undefined` where there is no such file, or no such record in it. */
export async function readLastWord(database: string, processKey: string): Promise<LastWord | undefined> {
  for (const suffix of [1, 0, COPIES]) {
    const line = await lastLineOf(spillFileOf(database, processKey, suffix)).catch(() => undefined);
    const record = line === undefined ? 'damaged' : decode(line);
    if (typeof record === 'object' && 'end' in record) return { reason: record.end, atMicros: record.endedAtMicros };
  }
  return undefined;
}

async function lastLineOf(file: string): Promise<Buffer> {
  const handle = await openSpill(file);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const text = tail.subarray(0, -1);
    return text.subarray(text.lastIndexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}
