import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

/** In every secret of case 50, and nowhere else. Nothing that encodes text, but for base64, changes it. */
export const CANARY = 'c4n4ry';

/** In what is no secret, beside them: where it is found, the secrets would have been. */
export const MARKER = 'm4rk3r';

/** Every file of the database's directory by its name: the database, its WAL, spill files, whatever else there is. */
export function filesBeside(database: string): Map<string, Buffer> {
  const directory = dirname(database);
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

/** Expects none of the secrets, byte for byte, in the files and texts, by their names. */
export function expectNoCanary(places: Iterable<readonly [name: string, content: Buffer | string]>): void {
  const canaries = [CANARY, CANARY.toUpperCase(), ...inBase64(CANARY)];
  for (const [name, content] of places) {
    for (const canary of canaries) {
      const at = content.indexOf(canary);
      const around = at === -1 ? '' : content.toString().slice(Math.max(0, at - 80), at + 40);
      expect(around, `a secret in ${name}`).toBe('');
    }
  }
}

/** Wherever in a text a word stands, its base64 holds one of these. */
function inBase64(word: string): string[] {
  return [0, 1, 2].map((offset) =>
    Buffer.from(`${'.'.repeat(offset)}${word}...`)
      .toString('base64')
      .slice(offset === 0 ? 0 : offset + 1, offset + 7),
  );
}
