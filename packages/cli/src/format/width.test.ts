import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { cut, widthOf, wrap } from './width.js';

const { red, bold } = picocolors.createColors(true);

describe('the width of a text', () => {
  it.each(['', 'GET /users/:id', 'naïve', '… └─ █░', '日本語', '👩‍💻', 'e\u0301', red('12'), bold(red('日本'))])(
    'is what string-width says of %j',
    (text) => {
      expect(widthOf(text)).toBe(stringWidth(text));
    },
  );
});

describe('cutting', () => {
  it('leaves what fits, and ends the rest in an ellipsis', () => {
    expect(cut('abcd', 4)).toBe('abcd');
    expect(cut('abcde', 4)).toBe('abc…');
    expect(cut('abcde', 4, '~')).toBe('abc~');
    expect(cut('日本語日本語', 6)).toBe('日本…');
    expect(cut('abc', 1)).toBe('…');
  });

  it('closes the colours that are open where it cuts', () => {
    expect(cut(`${red('abc')} def`, 5)).toBe(`${red('abc')} …`);
    expect(cut(bold(red('abcdef')), 4)).toBe(`${bold(red('abc'))}…`);
  });
});

describe('wrapping', () => {
  it('breaks between words, wide ones too, and R15: within long ones', () => {
    expect(wrap('a bb ccc', 4)).toEqual(['a bb', 'ccc']);
    expect(wrap('日本 日本', 8)).toEqual(['日本', '日本']);
    expect(wrap('abcdefgh a', 4)).toEqual(['abcd', 'efgh', 'a']);
    expect(wrap('日本語', 5)).toEqual(['日本', '語']);
    expect(wrap('a b', Number.POSITIVE_INFINITY)).toEqual(['a b']);
    expect(wrap('', 4)).toEqual(['']);
  });
});
