import type { StoredTrace } from '@ferretjs/core/reader';
import { displayName } from '../format/name.js';
import { type NameNode, NameTree, slowestFirst, warnOfCuts } from './name-tree.js';
import type { ExportSource } from './source.js';

/**
 * Folded stacks, as flamegraph.pl, inferno and speedscope read them: `GET /users;load;SELECT 1234`, a line for each
 * stack of names with the microseconds that its last span spent itself, the slowest root first.
 */
export async function* exportFolded(
  traces: AsyncIterable<StoredTrace>,
  { warn }: ExportSource,
): AsyncGenerator<string> {
  const tree = new NameTree();
  for await (const trace of traces) tree.add(trace);
  const pending = tree
    .roots()
    .reverse()
    .map((node) => ({ node, above: '' }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const stack = `${next.above}${toFrame(next.node)}`;
    const micros = Math.round(next.node.selfNanos / 1_000);
    if (micros > 0) yield `${stack} ${micros}\n`;
    for (const node of slowestFirst(next.node.children).reverse()) pending.push({ node, above: `${stack};` });
  }
  warnOfCuts(tree, warn);
}

/** A semicolon ends a frame, a line a stack, and the last blank the names. */
function toFrame({ name }: NameNode): string {
  return displayName(name).trim().replaceAll(';', ':');
}
