import type { Attributes } from '../attributes/attribute-value.js';

/** Characters. Longer texts are cut before the span waits for the decision on its trace. */
const MAX_GIVEN_LENGTH = 4_096;

/** Whether attributes, as they were given, may hold a long text: lists and objects may. */
export function hasLongText(attributes: Attributes | undefined): boolean {
  try {
    for (const key in attributes) {
      const value: unknown = attributes[key];
      if (typeof value === 'string' ? value.length > MAX_GIVEN_LENGTH : typeof value === 'object') return true;
    }
    return false;
  } catch {
    return true; // A proxy or a getter that throws.
  }
}
