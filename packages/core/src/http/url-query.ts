import type { Redactor } from '../trace/redaction.js';
import { REDACTED } from '../trace/secret-text.js';

/** What is looked at of a query; the attribute is cut shorter than that. */
const MAX_QUERY_LENGTH = 2048;

/**
 * A query with its secrets replaced: the values of secret names, and values that hold a secret themselves. All else stays as it
 * was sent, also where it is not well-formed.
 */
export function redactQuery(query: string, redactor: Redactor): string {
  const looked = query.length > MAX_QUERY_LENGTH ? query.slice(0, MAX_QUERY_LENGTH) : query;
  let result = '';
  let at = 0;
  while (at <= looked.length) {
    const ampersand = looked.indexOf('&', at);
    const end = ampersand === -1 ? looked.length : ampersand;
    result += redactPair(looked.slice(at, end), redactor);
    if (ampersand !== -1) result += '&';
    at = end + 1;
  }
  return result;
}

function redactPair(pair: string, redactor: Redactor): string {
  const equals = pair.indexOf('=');
  if (equals === -1) return redactor.text(decode(pair)) === decode(pair) ? pair : REDACTED;
  const name = pair.slice(0, equals);
  const value = pair.slice(equals + 1);
  if (value === '') return pair;
  const text = decode(value);
  return redactor.isSecretName(decode(name)) || redactor.text(text) !== text ? `${name}=${REDACTED}` : pair;
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
