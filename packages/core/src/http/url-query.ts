import type { Redactor } from '../attributes/redaction.js';
import { REDACTED } from '../attributes/secret-text.js';

/** What is kept of a query. */
const MAX_QUERY_LENGTH = 2048;
/** What is looked at beyond it, so that a secret that the cut would split is still recognised. */
const LOOK_AHEAD = 1024;
const MAX_PAIRS = 128;

/**
 * A query with its secrets replaced: the values of secret names, and pairs that hold a secret themselves. All else stays as it
 * was sent, also where it is not well-formed. A cut one ends in `…`.
 */
export function redactQuery(query: string, redactor: Redactor): string {
  let result = '';
  let at = 0;
  for (let pairs = 0; pairs < MAX_PAIRS; pairs++) {
    const ampersand = query.indexOf('&', at);
    const end = ampersand === -1 ? query.length : ampersand;
    if (end > MAX_QUERY_LENGTH) {
      const looked = query.slice(at, Math.min(end, MAX_QUERY_LENGTH + LOOK_AHEAD));
      const redacted = redactPair(looked, redactor);
      return `${result}${redacted === looked ? looked.slice(0, MAX_QUERY_LENGTH - at) : redacted}…`;
    }
    result += redactPair(query.slice(at, end), redactor);
    if (ampersand === -1) return result;
    result += '&';
    at = end + 1;
  }
  return `${result}…`;
}

function redactPair(pair: string, redactor: Redactor): string {
  if (pair === '') return pair;
  const equals = pair.indexOf('=');
  const name = equals === -1 ? pair : pair.slice(0, equals);
  if (holdsSecret(name, redactor)) return REDACTED;
  if (equals === -1 || equals === pair.length - 1) return pair;
  const isSecret = redactor.isSecretName(decode(name)) || holdsSecret(pair.slice(equals + 1), redactor);
  return isSecret ? `${name}=${REDACTED}` : pair;
}

/** Whether there is a secret in a text, as it was sent or as an application would read it; redirects are encoded twice. */
function holdsSecret(text: string, redactor: Redactor): boolean {
  if (redactor.text(text) !== text) return true;
  const decoded = decode(text);
  if (decoded === text) return false;
  if (redactor.text(decoded) !== decoded) return true;
  const decodedTwice = decode(decoded);
  if (decodedTwice !== decoded && redactor.text(decodedTwice) !== decodedTwice) return true;
  // A `+` that is no space: in the password of a URL.
  if (!text.includes('+')) return false;
  const withPlus = decode(text.replaceAll('+', '%2B'));
  return redactor.text(withPlus) !== withPlus;
}

/** The text as an application would read it; as it is where the encoding is broken. */
function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Whatever can be decoded, so that one bad escape does not hide a secret name.
    return spaced.replace(/%[0-7][0-9a-f]/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  }
}
