import { owned } from '../owned-text.js';
import type { Redactor } from './redaction.js';
import { REDACTED } from './secrets/secret-text.js';

/** The text stored for a value that throws when it is read. */
export const UNREADABLE = '[Unreadable]';

/** Maximum number of values that are read in one object, however large it is. */
const MAX_NODES = 200;
const MAX_DEPTH = 4;
/** Larger integers are not written out, because that takes more than linear time. */
const MAX_BIGINT = 2n ** 256n;
/** Characters beyond the limit that are searched too, so that a secret is recognised even if the cut splits it. */
const LOOK_AHEAD = 1024;

/**
 * Returns a copy of the text that is well-formed, has its secrets replaced, and has at most `maxLength` characters. A
 * text that was cut ends in `…`.
 */
export function safeString(text: string, redactor: Redactor, maxLength: number): string {
  const longest = maxLength + LOOK_AHEAD;
  if (text.length <= longest) return owned(cut(redactor.text(wellFormed(text)), maxLength));
  const redacted = redactor.text(wellFormed(text.slice(0, longest)));
  // The last part may be the beginning of a secret that was not recognised. The look-ahead is therefore never shown.
  const shown = Math.max(redacted.lastIndexOf(REDACTED) + REDACTED.length, redacted.length - LOOK_AHEAD);
  return owned(cut(redacted, Math.min(maxLength, shown + 1), true));
}

/**
 * Cuts a text to at most `length` characters, and marks the cut with `…`. Never splits a surrogate pair.
 *
 * @param always marks the text as cut even if it fits
 */
export function cut(text: string, length: number, always = false): string {
  if (text.length <= length && !always) return text;
  const kept = text.slice(0, length - 1);
  const last = kept.charCodeAt(kept.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? kept.slice(0, -1) : kept}…`;
}

/** Replaces lone surrogates, which have no UTF-8, and NUL, which ends a text for many readers of SQLite files. */
export function wellFormed(text: string): string {
  const clean = text.isWellFormed() ? text : text.toWellFormed();
  return clean.includes('\0') ? clean.replaceAll('\0', '\ufffd') : clean;
}

/**
 * Returns a text for any value, similar to JSON, bounded in time and length. Never throws: a value that cannot be read
 * becomes a placeholder. Members with secret names, and secrets in texts, are redacted at every depth.
 */
export function safeText(value: unknown, redactor: Redactor, maxLength: number): string {
  return owned(cut(new Description(redactor, maxLength).of(value, true), maxLength));
}

/** Names that are secret only beside the parameters of OAuth. */
function isCode(name: string): boolean {
  return name === 'code' || name === 'state';
}

/** Whether an object is a token request (RFC 6749, section 4.1.3), or the authorization response before it. */
function isAuthorization(value: object): boolean {
  return AUTHORIZATION.some((name) => Object.hasOwn(value, name));
}

const AUTHORIZATION = [
  'redirect_uri',
  'redirectUri',
  'grant_type',
  'grantType',
  'session_state',
  'code_verifier',
  'client_id',
  'clientId',
  'iss',
];

class Description {
  readonly #redactor: Redactor;
  readonly #maxLength: number;
  readonly #path: object[] = [];
  #nodes = 0;
  /** Characters read so far. */
  #length = 0;

  constructor(redactor: Redactor, maxLength: number) {
    this.#redactor = redactor;
    this.#maxLength = maxLength;
  }

  of(value: unknown, isOutermost = false): string {
    this.#nodes++;
    try {
      return this.#describe(value, isOutermost);
    } catch {
      return isOutermost ? UNREADABLE : `"${UNREADABLE}"`;
    }
  }

  #describe(value: unknown, isOutermost: boolean): string {
    switch (typeof value) {
      case 'string':
        return this.#quoted(value, isOutermost);
      case 'function':
        return this.#placeholder(`Function ${this.#start(String(value.name)) || 'anonymous'}`);
      case 'bigint':
        return value < MAX_BIGINT && value > -MAX_BIGINT ? this.#text(String(value)) : '[BigInt]';
      case 'object':
        return value === null ? 'null' : this.#object(value, isOutermost);
      case 'symbol':
        return this.#text(`Symbol(${this.#start(value.description ?? '')})`);
      default:
        return this.#text(String(value)); // Numbers, booleans, undefined.
    }
  }

  #text(text: string): string {
    this.#length += Math.min(text.length, this.#maxLength + LOOK_AHEAD);
    return safeString(text, this.#redactor, this.#maxLength);
  }

  /** The part of a text that is read. Joining it to another text first would copy the whole text. */
  #start(text: string): string {
    return text.slice(0, this.#maxLength + LOOK_AHEAD + 1);
  }

  #quoted(text: string, isOutermost: boolean): string {
    return isOutermost ? this.#text(text) : JSON.stringify(this.#text(text));
  }

  #placeholder(text: string): string {
    return `[${this.#text(text)}]`;
  }

  #object(value: object, isOutermost: boolean): string {
    if (this.#path.includes(value)) return '[Circular]';
    if (this.#path.length >= MAX_DEPTH) return '[…]';
    this.#path.push(value);
    try {
      return this.#known(value, isOutermost) ?? (Array.isArray(value) ? this.#list(value) : this.#members(value));
    } finally {
      this.#path.pop();
    }
  }

  /** Formats objects of known classes. */
  #known(value: object, isOutermost: boolean): string | undefined {
    const quote = (text: string) => this.#quoted(text, isOutermost);
    if (value instanceof Date) return quote(Number.isNaN(value.getTime()) ? 'Invalid Date' : `${value.toISOString()}`);
    if (value instanceof Error)
      return quote(`${this.#start(String(value.name))}: ${this.#start(String(value.message))}`);
    if (value instanceof RegExp) return quote(`${value}`);
    if (value instanceof URL) return quote(`${value.protocol}//${value.host}${value.pathname}`);
    if (value instanceof Map || value instanceof Set || value instanceof URLSearchParams)
      return this.#placeholder(`${value.constructor.name} ${value.size}`);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
      return this.#placeholder(`${value.constructor.name} ${value.byteLength}`);
    if (value instanceof Promise) return '[Promise]';
    if (value instanceof String || value instanceof Number || value instanceof Boolean)
      return this.of(value.valueOf(), isOutermost);
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      const json: unknown = value.toJSON();
      return json === value ? undefined : this.of(json, isOutermost);
    }
    return undefined;
  }

  #list(values: readonly unknown[]): string {
    const parts: string[] = [];
    const length = Number(values.length);
    // This may be an entry of a list of headers, in which the first item names the second.
    const first = length === 2 ? this.#read(values, 0) : undefined;
    const isSecretEntry = typeof first === 'string' && this.#redactor.isSecretName(first);
    for (let index = 0; index < length; index++) {
      if (this.#isFull()) {
        parts.push('…');
        break;
      }
      parts.push(index === 1 && isSecretEntry ? `"${REDACTED}"` : this.of(this.#read(values, index)));
    }
    return `[${parts.join(',')}]`;
  }

  #members(value: object): string {
    const parts: string[] = [];
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      if (this.#isFull()) {
        parts.push('…');
        break;
      }
      const isSecret = this.#redactor.isSecretName(key) || (isCode(key) && isAuthorization(value));
      if (isSecret) this.#nodes++;
      parts.push(`${JSON.stringify(this.#text(key))}:${isSecret ? `"${REDACTED}"` : this.of(this.#read(value, key))}`);
    }
    return `{${parts.join(',')}}`;
  }

  #read(value: object, key: string | number): unknown {
    try {
      return (value as Record<string | number, unknown>)[key];
    } catch {
      return UNREADABLE;
    }
  }

  #isFull(): boolean {
    return this.#nodes >= MAX_NODES || this.#length > this.#maxLength;
  }
}
