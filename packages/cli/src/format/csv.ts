import { stringify } from 'csv-stringify/sync';

/**
 * CSV by RFC 4180. `escape_formulas`: a text that a spreadsheet would run as a formula gets a `'` in front
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function toCsv(rows: readonly (readonly unknown[])[]): string {
  // Otherwise a text with a bare CR or LF would stand unquoted beside records that end in both.
  return stringify([...rows], { escape_formulas: true, record_delimiter: 'windows', quote_record_delimiter: true });
}
