/**
 * Characters that JSON may hold as they are, and that a terminal would obey or a reader of lines take for an end of
 * line.
 */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\p{Bidi_Control}]/gu;

/** The value as JSON, on one line or indented: a parser gives back the same, and a terminal shows it as it is. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
