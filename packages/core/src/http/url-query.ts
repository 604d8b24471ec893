import type { Redactor } from '../attributes/redaction.js';
import { decodeOnce } from '../attributes/secrets/encoded-text.js';
import { REDACTED } from '../attributes/secrets/secret-text.js';
import type { Places } from '../attributes/secrets/token-finder.js';

/** Characters of a query that are kept. */
const MAX_QUERY_LENGTH = 2048;
/** Characters beyond those that are searched too, so that a secret is recognised even if the cut splits it. */
const LOOK_AHEAD = 1024;
const MAX_PAIRS = 128;

/**
 * Returns the query with its secrets replaced: the values of secret names, and pairs that contain a secret. The rest
 * stays as it was sent, even if it is malformed. A query that was cut ends in `…`.
 */
export function redactQuery(query: string, redactor: Redactor): string {
  const looked = query.length > MAX_QUERY_LENGTH + LOOK_AHEAD ? query.slice(0, MAX_QUERY_LENGTH + LOOK_AHEAD) : query;
  const secrets = redactor.find(looked) ?? NONE;
  const names = redactor.names();
  let result = '';
  let at = 0;
  let secret = 0;
  for (let pairs = 0; pairs < MAX_PAIRS; pairs++) {
    const ampersand = looked.indexOf('&', at);
    const end = ampersand === -1 ? looked.length : ampersand;
    while (secret < secrets.length && secrets[secret + 1]! <= at) secret += 2;
    const equals = equalsBetween(looked, at, end);
    const isNameSecret = secret < secrets.length && secrets[secret]! < equals;
    const isValueSecret =
      equals + 1 < end &&
      ((secret < secrets.length && secrets[secret]! < end) || names.isSecret(decoded(looked.slice(at, equals))));
    const isCut = end > MAX_QUERY_LENGTH;
    if (isNameSecret) result += REDACTED;
    else if (isValueSecret) result += `${looked.slice(at, equals)}=${REDACTED}`;
    else result += looked.slice(at, isCut ? MAX_QUERY_LENGTH : end);
    if (isCut) return `${result}…`;
    if (ampersand === -1) return result;
    result += '&';
    at = end + 1;
  }
  return `${result}…`;
}

const NONE: Places = [];

function equalsBetween(query: string, start: number, end: number): number {
  for (let index = start; index < end; index++) if (query.charCodeAt(index) === 61) return index;
  return end;
}

/**
 * The name as an application would decode it. Everything that can be decoded is, so that one bad escape does not hide a
 * secret name.
 */
function decoded(name: string): string {
  if (!name.includes('%')) return name;
  return decodeOnce(name)?.text ?? name;
}
