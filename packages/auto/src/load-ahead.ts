import { createRequire } from 'node:module';
import { applicationDirectory, installedNear, listedDependencies } from './coverage.js';
import type { HookWay } from './library.js';
import { packageCopyIn } from './package-copy.js';
import { isInRange } from './version-range.js';

/**
 * Loads an ES module of a library before the application does, as it cannot be heard when that happens. Node has each
 * ES module once, so the application gets the same. Only of the copy that the application would load, and only if its
 * `package.json` names the library.
 */
export function loadAhead({ package: name, versions, file }: HookWay): void {
  const directory = applicationDirectory();
  if (!listedDependencies(directory).includes(name)) return;
  const folder = installedNear(name, directory);
  const copy = folder === undefined ? undefined : packageCopyIn(folder);
  if (copy === undefined || !isInRange(copy.version, versions)) return;
  // From inside the package: Node warns of ES modules that an application requires.
  createRequire(`${copy.directory}/package.json`)(`${copy.directory}/${file}`);
}
