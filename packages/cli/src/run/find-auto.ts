import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ENTRY = '@ferretjs/auto/register';

/**
 * The URL of what instruments a process: of the `@ferretjs/auto` that the application has, or else of the command's
 * own. As a URL, because spaces in a path would divide `NODE_OPTIONS`.
 *
 * @throws Error where there is neither
 */
export function findAuto(directory: string): string {
  for (const place of [pathToFileURL(join(directory, 'package.json')), import.meta.url]) {
    try {
      return pathToFileURL(createRequire(place).resolve(ENTRY)).href;
    } catch {
      // Not installed there.
    }
  }
  throw new Error('@ferretjs/auto is not installed here. Install it: npm install @ferretjs/auto');
}
