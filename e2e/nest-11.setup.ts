import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packages = new URL('../packages/', import.meta.url);
const installed = new URL('../versions/nest-11/node_modules/@ferretjs/', import.meta.url);

/**
 * Puts what was built beside Nest 11, as npm would. A link would not do: Node looks for a package's dependencies from where
 * the link leads, and finds Nest 12 there.
 */
export function setup(): void {
  for (const name of ['core', 'express', 'nest']) {
    rmSync(new URL(name, installed), { recursive: true, force: true });
    for (const part of ['package.json', 'dist']) {
      cpSync(new URL(`${name}/${part}`, packages), fileURLToPath(new URL(`${name}/${part}`, installed)), {
        recursive: true,
      });
    }
  }
}
