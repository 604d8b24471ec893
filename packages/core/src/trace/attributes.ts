import type { Redactor } from './redaction.js';
import { safeText } from './safe-text.js';

/** An attribute's value, as in OpenTelemetry. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/**
 * Attributes as callers give them. Strings, numbers, booleans and arrays of them are kept; `null` and `undefined` are left
 * out; anything else becomes text.
 */
export type Attributes = Readonly<Record<string, unknown>>;

export interface AttributeLimits {
  /** Attributes a span may have. Those beyond are left out and counted. */
  readonly maxAttributes: number;
  /** Characters a text may have. Longer ones are cut and end in `…`. */
  readonly maxValueLength: number;
}

/** Says how many attributes of a span were left out for being too many. */
export const DROPPED_ATTRIBUTES = 'ferret.dropped_attributes';

const MAX_KEY_LENGTH = 256;
const MAX_ARRAY_LENGTH = 128;
/** Characters of one array, in lengths of one value. */
const MAX_ARRAY_VALUES = 16;
/** Characters of all attributes of a span together. */
const MAX_BAG_SIZE = 262_144;
/** What is looked at beyond the limit, so that a secret that the cut would split is still recognised. */
const LOOK_AHEAD = 1024;

/** The attributes of one span: safe, redacted, cut, and nobody else's. */
export class AttributeBag {
  readonly values: Record<string, AttributeValue> = {};
  /** Attributes held. */
  count = 0;
  /** Attributes left out. */
  dropped = 0;
  /** Characters held, of keys and texts. */
  size = 0;
}

/** Puts attributes into bags: cleans, redacts, cuts and copies them. Never throws. */
export class AttributeRecorder {
  readonly #limits: AttributeLimits;
  readonly #redactor: Redactor;

  constructor(limits: AttributeLimits, redactor: Redactor) {
    this.#limits = limits;
    this.#redactor = redactor;
  }

  setAll(bag: AttributeBag, attributes: Attributes): void {
    let keys: string[];
    try {
      keys = Object.keys(attributes);
    } catch {
      return; // A proxy that will not be read.
    }
    for (const key of keys) {
      try {
        this.set(bag, key, attributes[key]);
      } catch {
        this.#put(bag, this.#key(key), '[Unreadable]');
      }
    }
  }

  set(bag: AttributeBag, name: string, value: unknown): void {
    if (value === undefined || value === null || name === '') return;
    const key = this.#key(name);
    const redacted = this.#redactor.attribute(key, this.#clean(key, value));
    if (redacted !== undefined) this.#put(bag, key, this.#cutValue(redacted));
  }

  /** A safe, redacted, cut text of anything. */
  text(value: unknown): string {
    return this.#cut(this.#redactor.text(typeof value === 'string' ? this.#window(value) : this.#describe(value)));
  }

  #key(name: string): string {
    return name.length <= MAX_KEY_LENGTH
      ? wellFormed(name)
      : cut(wellFormed(name.slice(0, MAX_KEY_LENGTH + 1)), MAX_KEY_LENGTH);
  }

  /** The value as one that OpenTelemetry knows, a copy, its length within reason; not redacted yet. */
  #clean(key: string, value: unknown): AttributeValue {
    switch (typeof value) {
      case 'string':
        return this.#window(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'boolean':
        return value;
      default:
        if (Array.isArray(value)) return this.#cleanArray(value);
        return this.#redactor.isSecretName(key) ? '' : this.#describe(value);
    }
  }

  /** An array of one kind stays one; in a mixed one, everything is text. */
  #cleanArray(values: readonly unknown[]): AttributeValue {
    const length = Math.min(values.length, MAX_ARRAY_LENGTH);
    const kind = typeof values[0];
    const isSimple = kind === 'number' || kind === 'boolean';
    const items: (string | number | boolean)[] = [];
    let room = this.#limits.maxValueLength * MAX_ARRAY_VALUES;
    for (let index = 0; index < length && room > 0; index++) {
      const item = values[index];
      if (isSimple && typeof item === kind && (kind === 'boolean' || Number.isFinite(item))) {
        items.push(item as number | boolean);
      } else {
        if (isSimple) return this.#describe(values);
        const text = typeof item === 'string' ? this.#window(item) : this.#describe(item);
        room -= text.length;
        items.push(text);
      }
    }
    if (items.length < values.length && !isSimple) items.push('…');
    return items as string[];
  }

  #describe(value: unknown): string {
    return safeText(value, this.#redactor, this.#limits.maxValueLength);
  }

  /** As much of a text as is ever looked at, however long it is. */
  #window(text: string): string {
    const longest = this.#limits.maxValueLength + LOOK_AHEAD;
    return wellFormed(text.length > longest ? text.slice(0, longest) : text);
  }

  #cutValue(value: AttributeValue): AttributeValue {
    if (typeof value === 'string') return this.#cut(value);
    if (!Array.isArray(value) || typeof value[0] !== 'string') return value;
    return (value as readonly string[]).map((item) => this.#cut(item));
  }

  #cut(text: string): string {
    return text.length <= this.#limits.maxValueLength ? text : cut(text, this.#limits.maxValueLength);
  }

  #put(bag: AttributeBag, key: string, value: AttributeValue): void {
    const size = key.length + sizeOf(value);
    const isNew = !Object.hasOwn(bag.values, key);
    if ((isNew && bag.count >= this.#limits.maxAttributes) || bag.size + size > MAX_BAG_SIZE) {
      bag.dropped++;
      return;
    }
    if (isNew) bag.count++;
    bag.size += size;
    // Assigning to this one key would set the object's prototype.
    if (key === '__proto__')
      Object.defineProperty(bag.values, key, { value, enumerable: true, configurable: true, writable: true });
    else bag.values[key] = value;
  }
}

function sizeOf(value: AttributeValue): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object') return 8;
  let size = 0;
  for (const item of value) size += typeof item === 'string' ? item.length : 8;
  return size;
}

/** The first characters of a text, and a mark; never half of a surrogate pair. */
function cut(text: string, length: number): string {
  const kept = text.slice(0, length - 1);
  const last = kept.charCodeAt(kept.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? kept.slice(0, -1) : kept}…`;
}

/** Lone surrogates have no UTF-8, and a NUL ends a text for many readers of SQLite files. */
function wellFormed(text: string): string {
  const clean = text.isWellFormed() ? text : text.toWellFormed();
  return clean.includes('\0') ? clean.replaceAll('\0', '\ufffd') : clean;
}
