import type { Reader } from '@ferretjs/core/reader';
import { codeOf } from '../query-error.js';
import { examineFile, examineIntegrity, examineOrphans, examineSpills } from './examine-file.js';
import { DEFAULT_LIMITS, examineGrowth, type RetentionLimits } from './examine-growth.js';
import { examineLeases, examineLedger, examineProcesses } from './examine-processes.js';
import type { Finding } from './finding.js';

export interface ExamineQuery {
  /** The app's retention, as far as it is known: the defaults of `@ferretjs/core` stand in for the rest. */
  readonly limits?: Partial<RetentionLimits>;
  /** Compares indexes with their tables too, which takes several times as long. Default: false. */
  readonly full?: boolean;
}

/** The doctor's judgement of a store. */
export interface Examination {
  /** Whether no finding asks for attention. */
  readonly isHealthy: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Examines a store: integrity, format, size and growth, losses and their reasons, spans without parents, processes that
 * died, spill files. A damaged file may have one finding only.
 */
export async function examine(reader: Reader, { limits = {}, full = false }: ExamineQuery = {}): Promise<Examination> {
  const findings = await findingsOf(reader, { ...DEFAULT_LIMITS, ...limits }, full);
  return { isHealthy: findings.every(({ level }) => level !== 'attention'), findings };
}

async function findingsOf(reader: Reader, limits: RetentionLimits, isFull: boolean): Promise<Finding[]> {
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
    // The rest of a damaged file may not be readable.
    if (integrity.level === 'attention' && codeOf(error) !== undefined) return [integrity];
    throw error;
  }
}

/** A file may be damaged so badly that the check itself fails. */
async function check(reader: Reader, isFull: boolean): Promise<string[]> {
  try {
    return await reader.check(isFull);
  } catch (error) {
    if (codeOf(error) === 'FILE_UNREADABLE') return [(error as Error).message];
    throw error;
  }
}
