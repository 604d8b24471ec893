/** Stands in place of a JSON object that cannot be read. */
const UNREADABLE = { 'ferret.unreadable': 'The file holds something else than a JSON object here.' };

/**
 * Ferret stores values and lists of them. What is far deeper can be parsed, but overflows the stack of whoever prints
 * it.
 */
const MAX_DEPTH = 500;

/**
 * Reads a JSON object that the file holds. One that is damaged, or not Ferret's, costs no more than itself: a note is
 * in its place.
 */
export function parseObject(json: string): Record<string, unknown> {
  if (isTooDeep(json)) return UNREADABLE;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The text may be anything, and the error would quote it.
  }
  return UNREADABLE;
}

/** Reads a JSON array of objects that the file holds; those that are none are left out. */
export function parseList(json: string): Readonly<Record<string, unknown>>[] {
  if (isTooDeep(json)) return [];
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
  } catch {
    return [];
  }
}

function isTooDeep(json: string): boolean {
  if (json.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (isText) {
      if (character === '\\') at++;
      else if (character === '"') isText = false;
    } else if (character === '"') {
      isText = true;
    } else if (character === '[' || character === '{') {
      if (++depth > MAX_DEPTH) return true;
    } else if (character === ']' || character === '}') {
      depth--;
    }
  }
  return false;
}
