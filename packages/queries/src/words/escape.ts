/**
 * Text that a terminal would obey instead of showing: C0 and C1 controls (ESC among them), marks that turn the reading
 * direction, separators that break a line, the byte order mark, halves of surrogate pairs.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/** Makes a text from a file safe to print: `\x1b` for ESC, `\u202e` for a right-to-left override. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
