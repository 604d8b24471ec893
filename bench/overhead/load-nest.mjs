import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const packages = new URL('../../packages/', import.meta.url);
const besideNest11 = new URL('../../versions/nest-11/', import.meta.url);

/** A package as FRAMEWORK says: beside Nest 12, or beside Nest 11, which is CommonJS. */
export async function loadNest(name) {
  return process.env.FRAMEWORK === 'nest-11'
    ? createRequire(new URL('package.json', besideNest11))(name)
    : import(name);
}

/**
 * Puts the built packages beside Nest 11, as npm would. A link would not do: Node looks for a package's dependencies
 * from where the link leads, and finds Nest 12 there. The end-to-end tests do the same.
 */
export function placeBesideNest11() {
  for (const name of ['core', 'express', 'nest']) {
    const to = new URL(`node_modules/@ferretjs/${name}/`, besideNest11);
    rmSync(to, { recursive: true, force: true });
    for (const part of ['package.json', 'dist']) {
      cpSync(new URL(`${name}/${part}`, packages), fileURLToPath(new URL(part, to)), { recursive: true });
    }
  }
}
