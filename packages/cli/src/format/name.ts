import { escapeControls } from '@ferretjs/queries/words';
import { cut } from './width.js';

/** The name of a span, safe to print; one that nobody would see is quoted: `""`. */
export function displayName(name: string): string {
  return escapeControls(name.trim() === '' ? JSON.stringify(name) : name);
}

/** As wide as a name may be in a sentence, and in a table without a terminal. */
export const WIDEST_NAME = 80;

/** The same for a sentence: a name may be as long as an attribute. */
export function shortName(name: string): string {
  return cut(displayName(name), WIDEST_NAME);
}
