import type { Terminal } from '../terminal.js';

const BLOCKS = '▁▂▃▄▅▆▇█';
const ASCII = '.:-=+*#@';

/**
 * Numbers as bars of one character each, the largest as high as can be. Nothing is blank, and little is not nothing.
 */
export function renderSparkline({ isUnicode }: Pick<Terminal, 'isUnicode'>, values: readonly number[]): string {
  const levels = isUnicode ? BLOCKS : ASCII;
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return values.map((value) => (value > 0 ? levels[Math.ceil((value / largest) * levels.length) - 1] : ' ')).join('');
}
