import { pruneFile } from '@ferretjs/core/maintenance';
import { countOf, formatSize } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';

export interface PruneOptions {
  /** In days. */
  readonly maxAge?: number;
  /** In megabytes. */
  readonly maxSize?: number;
  readonly json?: boolean;
}

/** `ferret prune`: deletes what is too old or too much. */
export async function prune(terminal: Terminal, file: string, options: PruneOptions): Promise<void> {
  const limits = {
    ...(options.maxAge !== undefined && { maxAgeDays: options.maxAge }),
    ...(options.maxSize !== undefined && { maxSizeMegabytes: options.maxSize }),
  };
  const pruned = await whileWaiting(terminal, 'deleting', () => pruneFile(file, limits, placeFor(terminal)));
  const { spans, bytesBefore, bytesAfter } = pruned;
  terminal.print(
    options.json
      ? safeJson(pruned, 2)
      : `${countOf(spans, 'span')} deleted; the file had ${formatSize(bytesBefore)} and has ${formatSize(bytesAfter)}`,
  );
}
