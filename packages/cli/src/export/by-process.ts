import type { StoredSpan } from '@ferretjs/core/reader';

/** The spans of each process, by its key, in the order they were. (`Map.groupBy` came with Node 21.) */
export function byProcess(spans: readonly StoredSpan[]): Map<string, StoredSpan[]> {
  const groups = new Map<string, StoredSpan[]>();
  for (const span of spans) {
    const group = groups.get(span.processKey);
    if (group === undefined) groups.set(span.processKey, [span]);
    else group.push(span);
  }
  return groups;
}
