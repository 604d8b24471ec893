import type { FileHealth, WaitingSpill } from '@ferretjs/core/reader';
import { escapeControls } from '../words/escape.js';
import { countOf, formatPercent } from '../words/numbers.js';
import { formatSize } from '../words/units.js';
import type { Finding } from './finding.js';

/** The application cuts the `-wal` back to 64 MB; twice as much means that it cannot. */
const LARGEST_WAL_BYTES = 128 * 1024 * 1024;
const MANY_FREE_BYTES = 64 * 1024 * 1024;
const LISTED_PROBLEMS = 5;

/** Whether SQLite finds the file sound. */
export function examineIntegrity(problems: readonly string[], isFull: boolean): Finding {
  const check = isFull ? 'integrity_check' : 'quick_check';
  const facts = { check, problems };
  if (problems.length === 0) return { level: 'ok', topic: 'integrity', text: `sound (${check})`, facts };
  const listed = problems.slice(0, LISTED_PROBLEMS).map(escapeControls).join('; ');
  return {
    level: 'attention',
    topic: 'integrity',
    text: `damaged (${check}): ${listed}${problems.length > LISTED_PROBLEMS ? '; ...' : ''}`,
    advice:
      'Export what can be read (ferret export), then restart the app: ' +
      'it moves a damaged file aside and begins a new one.',
    facts,
  };
}

/** The format, size, room and permissions of the file. */
export function examineFile(health: FileHealth): Finding[] {
  const { schemaVersion, currentSchemaVersion, bytes, freeBytes, walBytes, mode } = health;
  const formatFacts = { schemaVersion, currentSchemaVersion };
  const walFacts = { walBytes };
  const findings: Finding[] = [
    schemaVersion < currentSchemaVersion
      ? {
          level: 'note',
          topic: 'format',
          text: `${schemaVersion}, of an older version; the current one is ${currentSchemaVersion}`,
          advice: 'Nothing: the next start of an app with a current Ferret brings it up to date.',
          facts: formatFacts,
        }
      : { level: 'ok', topic: 'format', text: String(schemaVersion), facts: formatFacts },
    examineRoom(bytes, freeBytes, health.isIncrementallyVacuumed),
    walBytes > LARGEST_WAL_BYTES
      ? {
          level: 'attention',
          topic: 'wal',
          text: `${formatSize(walBytes)} in the -wal file are not in the database file yet`,
          advice: 'Something keeps the file open in the middle of a read, such as an SQLite shell: close it.',
          facts: walFacts,
        }
      : { level: 'ok', topic: 'wal', text: formatSize(walBytes), facts: walFacts },
  ];
  if ((mode & 0o077) !== 0) {
    findings.push({
      level: 'note',
      topic: 'permissions',
      text: `others than its owner may open the file (mode ${mode.toString(8).padStart(4, '0')})`,
      advice: 'If they should not: chmod 600, also for its -wal and -shm. Ferret itself makes files that way.',
      facts: { mode: mode.toString(8).padStart(4, '0') },
    });
  }
  return findings;
}

function examineRoom(bytes: number, freeBytes: number, isIncrementallyVacuumed: boolean): Finding {
  const text = `${formatSize(bytes)}, of which ${formatSize(freeBytes)} free (${formatPercent(freeBytes / bytes)})`;
  const facts = { bytes, freeBytes, isIncrementallyVacuumed };
  if (freeBytes < MANY_FREE_BYTES || freeBytes < bytes / 2) return { level: 'ok', topic: 'size', text, facts };
  return {
    level: 'attention',
    topic: 'size',
    text,
    advice: isIncrementallyVacuumed
      ? 'ferret prune with a --max-age or --max-size that deletes nothing more gives the room back.'
      : 'Stop the app and run VACUUM in an SQLite shell: this file cannot give room back bit by bit.',
    facts,
  };
}

/** Spill files that wait beside the file. */
export function examineSpills(spills: readonly WaitingSpill[], hasLiveProcesses: boolean): Finding {
  const bytes = spills.reduce((sum, spill) => sum + spill.bytes, 0);
  const facts = { files: spills.length, bytes };
  if (spills.length === 0) return { level: 'ok', topic: 'spill', text: 'no spill file waits', facts };
  return {
    level: 'attention',
    topic: 'spill',
    text: `${countOf(spills.length, 'spill file waits', 'spill files wait')} (${formatSize(bytes)})`,
    advice: hasLiveProcesses
      ? 'Running processes take theirs in by themselves once they can write: look for a full disk or a lock. ' +
        'For others: ferret recover.'
      : 'ferret recover stores what is in them; so does the next start of the app.',
    facts,
  };
}

/** Spans whose parent is not in the file. */
export function examineOrphans({ orphans }: FileHealth, hasDropped: boolean): Finding {
  const { examined, count, unknown } = orphans;
  const among = `among the newest ${countOf(examined, 'span')}`;
  const more = unknown === 0 ? '' : `; ${countOf(unknown, 'more was', 'more were')} not looked up`;
  const facts = { examined, count, unknown };
  if (count === 0) return { level: 'ok', topic: 'orphans', text: `none ${among}${more}`, facts };
  return {
    level: 'attention',
    topic: 'orphans',
    text: `${countOf(count, 'span has', 'spans have')} no parent in the file, ${among}${more}`,
    advice: hasDropped
      ? 'Their parents are probably among the dropped spans: see the ledger.'
      : 'Their parents never ended: look for start() without end(), or for a process that was killed.',
    facts,
  };
}
