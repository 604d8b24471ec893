import { pruneFile } from '@ferretjs/core/maintenance';
import { countOf } from '../format/number.js';
import { formatSize } from '../format/size.js';
import type { Terminal } from '../terminal.js';

export interface PruneOptions {
  /** In days. */
  readonly maxAge?: number;
  /** In megabytes. */
  readonly maxSize?: number;
  readonly json?: boolean;
}

/** `ferret prune`: deletes what is too old or too much. */
export async function prune(terminal: Terminal, file: string, options: PruneOptions): Promise<void> {
  const pruned = await pruneFile(file, {
    ...(options.maxAge !== undefined && { maxAgeDays: options.maxAge }),
    ...(options.maxSize !== undefined && { maxSizeMegabytes: options.maxSize }),
  });
  const { spans, bytesBefore, bytesAfter } = pruned;
  terminal.print(
    options.json
      ? JSON.stringify(pruned, null, 2)
      : `${countOf(spans, 'span')} deleted; the file had ${formatSize(bytesBefore)} and has ${formatSize(bytesAfter)}`,
  );
}
