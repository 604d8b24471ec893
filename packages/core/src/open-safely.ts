import { type BigIntStats, constants } from 'node:fs';

/** Flags to open a file for reading without following a link or blocking on a pipe. Windows has neither of the two. */
export const OPEN_SAFELY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Whether a file belongs to the effective user of this process. On systems without user ids every file does. */
export function isOurs(uid: bigint): boolean {
  const me = process.geteuid?.();
  return me === undefined || uid === BigInt(me);
}

export function kindOf(found: BigIntStats): string {
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a pipe';
  return found.isFile() ? 'a file' : 'no regular file';
}
