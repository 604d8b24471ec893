import type { Redactor } from './redaction.js';
import { REDACTED } from './secret-text.js';

/** Values looked at in one object, however large it is. */
const MAX_NODES = 200;
const MAX_DEPTH = 4;
const UNREADABLE = '[Unreadable]';

/**
 * A text of any value, JSON-like, bounded in time and length. Never throws: what cannot be read has a placeholder. Members with
 * secret names, and secrets in texts, are redacted at every depth.
 */
export function safeText(value: unknown, redactor: Redactor, maxLength: number): string {
  try {
    return new Description(redactor, maxLength).of(value, true);
  } catch {
    return UNREADABLE;
  }
}

class Description {
  readonly #redactor: Redactor;
  readonly #maxLength: number;
  readonly #path: object[] = [];
  #nodes = 0;
  #length = 0;

  constructor(redactor: Redactor, maxLength: number) {
    this.#redactor = redactor;
    this.#maxLength = maxLength;
  }

  of(value: unknown, isOutermost = false): string {
    this.#nodes++;
    const text = this.#describe(value, isOutermost);
    this.#length += text.length;
    return text;
  }

  #describe(value: unknown, isOutermost: boolean): string {
    switch (typeof value) {
      case 'string':
        return isOutermost ? this.#text(value) : JSON.stringify(this.#text(value));
      case 'function':
        return `[Function ${this.#text(String(value.name)) || 'anonymous'}]`;
      case 'object':
        return value === null ? 'null' : this.#object(value, isOutermost);
      default:
        return this.#text(String(value)); // Numbers, booleans, undefined; bigints and symbols too.
    }
  }

  #text(text: string): string {
    return this.#redactor.text(text.length > this.#maxLength ? `${text.slice(0, this.#maxLength)}…` : text);
  }

  #object(value: object, isOutermost: boolean): string {
    if (this.#path.includes(value)) return '[Circular]';
    if (this.#path.length >= MAX_DEPTH) return '[…]';
    this.#path.push(value);
    try {
      return this.#known(value, isOutermost) ?? (Array.isArray(value) ? this.#list(value) : this.#members(value));
    } catch {
      return UNREADABLE;
    } finally {
      this.#path.pop();
    }
  }

  /** Objects with a text of their own. */
  #known(value: object, isOutermost: boolean): string | undefined {
    const quote = (text: string) => (isOutermost ? this.#text(text) : JSON.stringify(this.#text(text)));
    if (value instanceof Date) return quote(Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString());
    if (value instanceof Error) return quote(`${value.name}: ${value.message}`);
    if (value instanceof RegExp) return quote(String(value));
    if (value instanceof URL) return quote(`${value.origin}${value.pathname}`);
    if (value instanceof Map || value instanceof Set) return `[${value.constructor.name} ${value.size}]`;
    if (ArrayBuffer.isView(value)) return `[${value.constructor.name} ${value.byteLength}]`;
    if (value instanceof Promise) return '[Promise]';
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      const json: unknown = value.toJSON();
      return json === value ? undefined : this.of(json, isOutermost);
    }
    return undefined;
  }

  #list(values: readonly unknown[]): string {
    const parts: string[] = [];
    for (const item of values) {
      if (this.#isFull()) {
        parts.push('…');
        break;
      }
      parts.push(this.of(item));
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
      parts.push(`${JSON.stringify(this.#text(key))}:${isSecret ? `"${REDACTED}"` : this.#member(value, key)}`);
    }
    return `{${parts.join(',')}}`;
  }

  #member(value: object, key: string): string {
    try {
      return this.of((value as Record<string, unknown>)[key]);
    } catch {
      return JSON.stringify(UNREADABLE);
    }
  }

  #isFull(): boolean {
    return this.#nodes >= MAX_NODES || this.#length > this.#maxLength;
  }
}
