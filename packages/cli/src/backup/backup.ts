import { backupFile } from '@ferretjs/core/maintenance';
import { escapeControls, formatSize } from '@ferretjs/queries/words';
import { interruptible } from '../export/interruption.js';
import { safeJson } from '../format/json.js';
import type { Terminal } from '../terminal.js';
import { whileWaiting } from '../waiting.js';

export interface BackupCommandOptions {
  readonly output: string;
  readonly force?: true;
  readonly json?: true;
}

/** `ferret backup`: writes a whole copy of a file, also while it is being written. */
export function backup(terminal: Terminal, file: string, options: BackupCommandOptions): Promise<void> {
  const { output, force = false, json = false } = options;
  return interruptible(async (signal) => {
    const made = await whileWaiting(terminal, 'copying', () => backupFile(file, output, { force, signal }));
    terminal.print(
      json ? safeJson(made, 2) : `${escapeControls(output)} holds the whole file: ${formatSize(made.bytes)}`,
    );
  });
}
