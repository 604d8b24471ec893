import { open } from 'node:fs/promises';
import type { EndReason } from '../sink/sink.js';
import { spillFileOf } from './spill-file.js';
import { decode } from './spill-record.js';

/** How a process ended that said so in its spill file only. */
export interface LastWord {
  readonly reason: EndReason;
  readonly atMicros: number;
}

/** Where the last record of a spill file is looked for; one that says how its process ended is a fraction of it. */
const TAIL_BYTES = 64 * 1024;

/** What the spill file of a process says of its end; nothing where there is none, or no word of it. */
export async function readLastWord(database: string, processKey: string): Promise<LastWord | undefined> {
  for (const generation of [1, 0]) {
    const line = await lastLineOf(spillFileOf(database, processKey, generation)).catch(() => undefined);
    const record = line === undefined ? 'damaged' : decode(line);
    if (typeof record === 'object' && 'end' in record) return { reason: record.end, atMicros: record.endedAtMicros };
  }
  return undefined;
}

async function lastLineOf(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
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
