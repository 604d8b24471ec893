import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const directories: string[] = [];

/** Makes an empty directory. It is removed when all tests of the test file have finished. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-e2e-'));
  directories.push(directory);
  return directory;
}

/** The path of a file in a new temporary directory. The file itself is not made. */
export function temporaryFile(name = 'ferret.db'): string {
  return join(temporaryDirectory(), name);
}

afterAll(() => {
  for (const directory of directories.splice(0)) {
    try {
      // Some tests leave their directory read-only.
      chmodSync(directory, 0o700);
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // A directory that another user or a mounted volume holds is no reason to fail.
    }
  }
});
