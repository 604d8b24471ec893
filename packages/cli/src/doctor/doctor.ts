import { FerretError, openReader, type Reader } from '@ferretjs/core/reader';
import { AttentionError } from '../attention.js';
import { escapeControls } from '../format/escape.js';
import { countOf } from '../format/number.js';
import type { Terminal } from '../terminal.js';
import { examineFile, examineIntegrity, examineOrphans, examineSpills } from './examine-file.js';
import { DEFAULT_LIMITS, examineGrowth, type RetentionLimits } from './examine-growth.js';
import { examineLeases, examineLedger, examineProcesses } from './examine-processes.js';
import type { Finding } from './finding.js';
import { renderFinding } from './render.js';

export interface DoctorOptions {
  /** Compares indexes with tables too. */
  readonly full?: boolean;
  /** In days. */
  readonly maxAge?: number;
  /** In megabytes. */
  readonly maxSize?: number;
  readonly json?: boolean;
}

/** `ferret doctor`: what is wrong with a file, and what to do about it. */
export async function doctor(terminal: Terminal, file: string, options: DoctorOptions): Promise<void> {
  const { maxAge = DEFAULT_LIMITS.maxAgeDays, maxSize = DEFAULT_LIMITS.maxSizeMegabytes } = options;
  const reader = await openReader(file);
  try {
    terminal.status('checking the file ...', 'standard output');
    const findings = await examine(reader, { maxAgeDays: maxAge, maxSizeMegabytes: maxSize }, options.full ?? false);
    terminal.status('', 'standard output');
    const attention = findings.filter(({ level }) => level === 'attention').length;
    const isHealthy = attention === 0;
    if (options.json === true) {
      terminal.print(JSON.stringify({ file, isHealthy, findings }, null, 2));
    } else {
      terminal.print(findings.map((finding) => renderFinding(terminal, finding)).join('\n'));
      const verdict = isHealthy
        ? terminal.colors.green('healthy')
        : terminal.colors.red(`${countOf(attention, 'finding needs', 'findings need')} attention`);
      terminal.print(`\n${escapeControls(file)}: ${verdict}`);
    }
    if (!isHealthy) throw new AttentionError('The file needs attention.');
  } finally {
    await reader.close();
  }
}

async function examine(reader: Reader, limits: RetentionLimits, isFull: boolean): Promise<Finding[]> {
  const integrity = examineIntegrity(await check(reader, isFull), isFull);
  try {
    const health = await reader.health();
    const runs = await reader.runs();
    const isLive = runs.some(({ processes }) => processes.some(({ state }) => state === 'running'));
    const hasDropped = runs.some(({ ledger }) => Object.values(ledger.dropped).some((count) => count > 0));
    return [
      integrity,
      ...examineFile(health),
      ...examineGrowth(health, limits, isLive),
      examineOrphans(health, hasDropped),
      ...examineLedger(runs),
      ...examineProcesses(runs),
      examineLeases(health, Date.now() * 1_000),
      examineSpills(await reader.spillFiles(), isLive),
    ];
  } catch (error) {
    // Of a damaged file nothing else may be readable.
    if (integrity.level === 'attention' && error instanceof FerretError) return [integrity];
    throw error;
  }
}

/** A file may be damaged so badly that the check itself fails. */
async function check(reader: Reader, isFull: boolean): Promise<string[]> {
  try {
    return await reader.check(isFull);
  } catch (error) {
    if (error instanceof FerretError && error.code === 'FILE_UNREADABLE') return [error.message];
    throw error;
  }
}
