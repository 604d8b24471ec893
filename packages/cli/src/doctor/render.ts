import { wrap } from '../format/wrap.js';
import type { Terminal } from '../terminal.js';
import type { Finding } from './finding.js';

const TITLE_WIDTH = 22;

/** A finding, and under it what to do. */
export function renderFinding({ colors, width }: Pick<Terminal, 'colors' | 'width'>, finding: Finding): string {
  const { level, topic, text, advice } = finding;
  const mark = { ok: colors.green('ok'), note: colors.cyan('--'), attention: colors.red('!!') }[level];
  const indent = ' '.repeat(TITLE_WIDTH);
  const room = Math.max(width - TITLE_WIDTH, 20);
  const lines = [...wrap(text, room), ...(advice === undefined ? [] : wrap(`-> ${advice}`, room).map(colors.dim))];
  const [first = '', ...rest] = lines;
  return [`${mark}  ${topic.padEnd(TITLE_WIDTH - 4)}${first}`, ...rest.map((line) => `${indent}${line}`)].join('\n');
}
