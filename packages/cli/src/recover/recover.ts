import { type Diagnostic, type LeftSpill, type Recovery, recoverFile } from '@ferretjs/core/maintenance';
import { countOf, escapeControls, formatCount } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';

const REASONS: Readonly<Record<LeftSpill['why'], string>> = {
  running: 'its process is running, and takes it in itself',
  busy: 'another process is taking it in',
  newer: 'a newer version of Ferret wrote it',
  foreign: 'it is no spill file of Ferret',
  failed: 'it could not be taken in',
};

/** `ferret recover`: takes in what dead processes left beside a file. */
export async function recover(terminal: Terminal, file: string, options: { readonly json?: boolean }): Promise<void> {
  const diagnostics: Diagnostic[] = [];
  const recovery = await whileWaiting(terminal, 'recovering', () =>
    recoverFile(file, { ...placeFor(terminal), onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) }),
  );
  if (options.json) {
    const told = diagnostics.map(({ code, message }) => ({ code, message }));
    terminal.print(safeJson({ ...recovery, diagnostics: told }, 2));
    return;
  }
  terminal.print(describeRecovery(terminal, recovery));
  for (const { message } of diagnostics) terminal.complain(`ferret: ${escapeControls(message)}`);
}

function describeRecovery({ colors }: Terminal, { spillFiles, spans, damaged, interrupted, left }: Recovery): string {
  const lines: string[] = [];
  if (spillFiles > 0) {
    lines.push(`${countOf(spans, 'span')} taken in from ${countOf(spillFiles, 'spill file')}`);
  }
  if (interrupted > 0) {
    lines.push(`${countOf(interrupted, 'span')} of dead processes stored as interrupted: ferret crashes lists them`);
  }
  if (damaged > 0) {
    lines.push(
      colors.yellow(`${formatCount(damaged)} damaged ${damaged === 1 ? 'piece' : 'pieces'} could not be read`),
    );
  }
  if (lines.length === 0) lines.push('Nothing to recover.');
  return [
    ...lines,
    ...left.map(({ file, why }) => colors.yellow(`left: ${escapeControls(file)} (${REASONS[why]})`)),
  ].join('\n');
}
