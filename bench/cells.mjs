// Numbers and quartiles as cells of a table, and the lines around it.

const number = (digits) => {
  const format = new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  // Not "-0.00".
  return (value) => format.format(value).replace(/^-(?=[0.]*$)/, '');
};

export const whole = number(0);
export const tenths = number(1);
export const hundredths = number(2);
export const percent = (share) => `${tenths(share * 100)} %`;

/** Median, with the quartiles in brackets. */
export function quartileCell({ q1, median, q3 }, format = hundredths) {
  return `${format(median)} [${format(q1)}, ${format(q3)}]`;
}

/** Markdown in lines of at most 120 characters, but for rows of tables and images. */
export function wrap(markdown) {
  return markdown.replaceAll(/^(?![|!]).{121,}$/gm, (line) =>
    line.startsWith('- ')
      ? line.replaceAll(/(?=.{119})(.{1,118}) /g, '$1\n  ')
      : line.replaceAll(/(?=.{121})(.{1,120}) /g, '$1\n'),
  );
}

/** Lines of a Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
