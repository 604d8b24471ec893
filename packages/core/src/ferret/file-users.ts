import { processWide } from '../process-wide.js';

/** Open instances on one file from which on the process is told that one instance is enough. */
const MANY = 10;

interface Users {
  count: number;
  isReported: boolean;
}

/** Open instances of this process, by the file they write to. */
const users = processWide<Map<string, Users>>('file-users', () => new Map());

/** Counts one more instance. @returns whether there are many now, which has not been reported yet. */
export function enterFile(file: string): boolean {
  const known = users.get(file) ?? { count: 0, isReported: false };
  known.count++;
  users.set(file, known);
  if (known.count < MANY || known.isReported) return false;
  known.isReported = true;
  return true;
}

/** Counts one instance less. */
export function leaveFile(file: string): void {
  const known = users.get(file);
  if (known !== undefined && --known.count <= 0) users.delete(file);
}
