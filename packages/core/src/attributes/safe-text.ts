import type { Redactor } from './redaction.js';
import { REDACTED } from './secret-text.js';

export const UNREADABLE = '[Unreadable]';

/** Values looked at in one object, however large it is. */
const MAX_NODES = 200;
const MAX_DEPTH = 4;
/** To write out larger integers takes more than linear time. */
const MAX_BIGINT = 2n ** 256n;
/** What is looked at beyond the limit, so that a secret that the cut would split is still recognised. */
const LOOK_AHEAD = 1024;

/** The text well-formed, with its secrets replaced, and at most `maxLength` long; a cut one ends in `…`. */
export function safeString(text: string, redactor: Redactor, maxLength: number): string {
  const longest = maxLength + LOOK_AHEAD;
  if (text.length <= longest) return cut(redactor.text(wellFormed(text)), maxLength);
  const redacted = redactor.text(wellFormed(text.slice(0, longest)));
  // The last part may be the unrecognised beginning of a secret: what was only looked at is never shown.
  const shown = Math.max(redacted.lastIndexOf(REDACTED) + REDACTED.length, redacted.length - LOOK_AHEAD);
  // A copy: a piece of a string keeps the whole of it alive.
  return Buffer.from(cut(redacted, Math.min(maxLength, shown + 1), true)).toString();
}

/** At most so many characters of a text, with a mark if it is cut; never half of a surrogate pair. */
export function cut(text: string, length: number, always = false): string {
  if (text.length <= length && !always) return text;
  const kept = text.slice(0, length - 1);
  const last = kept.charCodeAt(kept.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? kept.slice(0, -1) : kept}…`;
}

/** Lone surrogates have no UTF-8, and a NUL ends a text for many readers of SQLite files. */
export function wellFormed(text: string): string {
  const clean = text.isWellFormed() ? text : text.toWellFormed();
  return clean.includes('\0') ? clean.replaceAll('\0', '\ufffd') : clean;
}

/**
 * A text of any value, JSON-like, bounded in time and length. Never throws: what cannot be read has a placeholder. Members with
 * secret names, and secrets in texts, are redacted at every depth.
 */
export function safeText(value: unknown, redactor: Redactor, maxLength: number): string {
  return cut(new Description(redactor, maxLength).of(value, true), maxLength);
}

class Description {
  readonly #redactor: Redactor;
  readonly #maxLength: number;
  readonly #path: object[] = [];
  #nodes = 0;
  /** Characters looked at. */
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

  /** As much of a text as is looked at: what is joined to the whole of it costs a copy of all of it. */
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

  /** Objects with a text of their own. */
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
    // An entry of a list of headers, say: its first item is the name of the second.
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
      const isSecret = this.#redactor.isSecretName(key);
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
