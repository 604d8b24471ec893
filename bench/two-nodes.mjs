// The Node that runs the benchmark, the oldest one by default, and a newer one, where the async context costs less.
import { fileURLToPath } from 'node:url';
import { installNode } from '../scripts/node-matrix.mjs';

const CACHE = fileURLToPath(new URL('../.cache', import.meta.url));

/** Both by their major versions, with their paths. */
export function twoNodes() {
  const [own = ''] = process.versions.node.split('.', 1);
  return { [own]: process.execPath, 24: installNode(24, CACHE) };
}
