import type { Terminal } from '../terminal.js';
import { wrap } from './width.js';

/** A line above the figures of a report. */
export interface Fact {
  readonly label: string;
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const LABEL_WIDTH = 9;

/**
 * Facts one below the other, made to fit the terminal. A label that comes again is left out. Texts must be safe to
 * print.
 */
export function renderFacts({ colors, width }: Pick<Terminal, 'colors' | 'width'>, facts: readonly Fact[]): string {
  return facts
    .flatMap(({ label, text, paint = (line) => line }, index) => {
      const shown = facts[index - 1]?.label === label ? '' : label;
      const lines = wrap(text, width - LABEL_WIDTH);
      return lines.map((line, at) => `${colors.dim((at === 0 ? shown : '').padEnd(LABEL_WIDTH))}${paint(line)}`);
    })
    .join('\n');
}
