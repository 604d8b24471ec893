const MARKS = new Map<boolean | undefined, string>([
  [true, '✓'],
  [false, '✗'],
]);

/**
 * The results as a table of Markdown: a row for each case, a column for each stack; empty where a framework lacks the
 * feature.
 */
export function matrix(results: ReadonlyMap<string, ReadonlyMap<string, boolean>>): string {
  const stacks = [...results.keys()];
  const cases = [...new Set([...results.values()].flatMap((column) => [...column.keys()]))];
  const rows = cases.map((name) => [name, ...stacks.map((stack) => MARKS.get(results.get(stack)?.get(name)) ?? '')]);
  const header = ['', ...stacks];
  const rule = header.map((_, index) => (index === 0 ? '---' : ':-:'));
  return ['', ...[header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`), ''].join('\n');
}
