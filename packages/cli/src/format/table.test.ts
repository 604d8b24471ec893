import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Column, renderTable } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'name', align: 'left', isFlexible: true },
  { title: 'count', align: 'right' },
  { title: 'min', align: 'right', expendable: 2 },
  { title: 'p99', align: 'right', expendable: 1 },
];
const ROWS = [
  ['GET /users/:id/orders/:order', '12', '1.20 ms', '3.00 s'],
  ['日本語日本語日本語', '3,000', '7 ns', '12.0 ms'],
];

function render(width: number, rows = ROWS, hasColors = false): string {
  return renderTable({ width, colors: picocolors.createColors(hasColors), isUnicode: true }, COLUMNS, rows);
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}

describe('renderTable', () => {
  it('aligns its columns and shows everything where there is no terminal', () => {
    expect(render(Number.POSITIVE_INFINITY)).toBe(
      [
        'name                          count      min      p99',
        'GET /users/:id/orders/:order     12  1.20 ms   3.00 s',
        '日本語日本語日本語            3,000     7 ns  12.0 ms',
      ].join('\n'),
    );
  });

  it('does not stretch to a wide terminal', () => {
    expect(render(200)).toBe(render(Number.POSITIVE_INFINITY));
  });

  it('cuts names to fit the terminal, wide characters too', () => {
    const text = render(44);
    expect(widest(text)).toBeLessThanOrEqual(44);
    expect(text).toContain('GET /users/:id/ord…');
    expect(text).not.toContain('no room');
  });

  it('leaves columns out where the names would get too short, and says which', () => {
    const text = render(34);
    expect(widest(text)).toBeLessThanOrEqual(34);
    expect(text).toContain('(no room for min)');
    expect(render(20)).toContain('(no room for min,\np99)');
    expect(widest(render(40, [['a', '1', '2', '3']]))).toBeLessThan(40);
  });

  it('survives a terminal that is too narrow for anything', () => {
    expect(render(1)).toContain('3,000');
  });

  it('measures what is seen, not the codes of colours', () => {
    const red = `\u001b[31m12\u001b[39m`;
    const text = render(200, [['a', red, '1', '2']], true);
    expect(text).toContain(`    ${red}`);
    expect(widest(text)).toBe('name  count  min  p99'.length);
  });
});
