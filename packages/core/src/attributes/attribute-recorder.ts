import type { Redactor } from './redaction.js';
import { safeString, safeText, UNREADABLE } from './safe-text.js';
import { REDACTED } from './secret-text.js';

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
/** Names remembered before the memory is emptied: they may be made of data. */
const MAX_KNOWN_KEYS = 2000;
/** Characters of a value that is remembered. V8 makes longer ones as slices, which keep the text alive that they are of. */
const MAX_REMEMBERED_LENGTH = 12;
/** Smaller numbers are no card numbers. */
const MIN_CARD_NUMBER = 1e12;

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

/** What is known of an attribute's name. */
interface Key {
  /** As it is stored: clean, redacted, cut. */
  readonly text: string;
  readonly isSecret: boolean;
  /** The value found clean last. Most names have few, and what has been looked at need not be looked at again. */
  lastClean: string | undefined;
}

/** Puts attributes into bags: cleans, redacts, cuts and copies them. Never throws. */
export class AttributeRecorder {
  readonly #limits: AttributeLimits;
  readonly #redactor: Redactor;
  readonly #keys = new Map<string, Key>();

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
      // Asked before the value is read: there may be a hundred thousand of them.
      if (this.#hasNoRoom(bag, key)) {
        bag.dropped++;
        continue;
      }
      let value: unknown;
      try {
        value = attributes[key];
      } catch {
        value = UNREADABLE;
      }
      this.set(bag, key, value);
    }
  }

  set(bag: AttributeBag, name: string, value: unknown): void {
    if (value === undefined || value === null || name === '') return;
    if (this.#hasNoRoom(bag, name)) {
      bag.dropped++;
      return;
    }
    const key = this.#key(name);
    const stored = this.#redacted(key, value);
    if (stored !== undefined) this.#put(bag, key.text, stored);
  }

  /** A safe, redacted, cut text of anything. */
  text(value: unknown): string {
    return typeof value === 'string' ? this.#string(value) : this.#describe(value);
  }

  /** Whether a name is new to a bag that has as many as it may have. */
  #hasNoRoom(bag: AttributeBag, name: string): boolean {
    return bag.count >= this.#limits.maxAttributes && !Object.hasOwn(bag.values, name);
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) {
      // Judged by the whole name: the cut may take away what makes it secret.
      key = {
        text: safeString(name, this.#redactor, MAX_KEY_LENGTH),
        isSecret: this.#redactor.isSecretName(name),
        lastClean: undefined,
      };
      if (name.length > MAX_KEY_LENGTH) return key;
      if (this.#keys.size >= MAX_KNOWN_KEYS) this.#keys.clear();
      this.#keys.set(name, key);
    }
    return key;
  }

  /** What to store: by the rules, then by the application's redactor, and what that made, by the rules again. */
  #redacted(key: Key, value: unknown): AttributeValue | undefined {
    try {
      const clean = key.isSecret ? REDACTED : this.#cleanOf(key, value);
      const reviewed = this.#redactor.attribute(key.text, clean);
      if (reviewed === undefined || reviewed === null) return undefined;
      if (key.isSecret || (reviewed === clean && typeof clean !== 'object')) return clean;
      return this.#clean(reviewed);
    } catch {
      return UNREADABLE;
    }
  }

  #cleanOf(key: Key, value: unknown): AttributeValue {
    if (typeof value !== 'string') return this.#clean(value);
    if (value === key.lastClean) return value;
    const clean = this.#string(value);
    if (clean === value && value.length <= MAX_REMEMBERED_LENGTH) key.lastClean = value;
    return clean;
  }

  /** The value as one that OpenTelemetry knows, a copy: redacted, cut. */
  #clean(value: unknown): AttributeValue {
    switch (typeof value) {
      case 'string':
        return this.#string(value);
      case 'number':
        return this.#isPlainNumber(value) ? value : this.#string(String(value));
      case 'boolean':
        return value;
      default:
        return Array.isArray(value) ? this.#cleanArray(value) : this.#describe(value);
    }
  }

  /** Numbers hold no secrets, but for card numbers; and not all numbers have JSON. */
  #isPlainNumber(value: unknown): value is number {
    if (typeof value !== 'number') return false;
    if (Math.abs(value) < MIN_CARD_NUMBER) return true;
    if (!Number.isFinite(value)) return false;
    const text = String(value);
    return this.#redactor.text(text) === text;
  }

  /**
   * An array of numbers or of booleans stays one, but is one text where others are among them, or where it is cut, as it could
   * not say so; any other is of texts.
   */
  #cleanArray(values: readonly unknown[]): AttributeValue {
    const length = Math.min(values.length, MAX_ARRAY_LENGTH);
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) items.push(values[index]);
    const kind = typeof items[0];
    const isCut = length < values.length;
    if (kind !== 'number' && kind !== 'boolean') return this.#textArray(items, isCut);
    if (isCut) return this.#describe(values);
    const isOfOneKind = items.every(
      (item) => typeof item === kind && (kind === 'boolean' || this.#isPlainNumber(item)),
    );
    return isOfOneKind ? (items as number[] | boolean[]) : this.#describe(values);
  }

  #textArray(items: readonly unknown[], isCut: boolean): readonly string[] {
    const texts: string[] = [];
    let room = this.#limits.maxValueLength * MAX_ARRAY_VALUES;
    for (const item of items) {
      if (room <= 0) break;
      const text = this.text(item);
      room -= typeof item === 'string' ? Math.min(item.length, this.#limits.maxValueLength) : text.length;
      texts.push(text);
    }
    if (isCut || texts.length < items.length) texts.push('…');
    return texts;
  }

  #string(text: string): string {
    return safeString(text, this.#redactor, this.#limits.maxValueLength);
  }

  #describe(value: unknown): string {
    return safeText(value, this.#redactor, this.#limits.maxValueLength);
  }

  #put(bag: AttributeBag, key: string, value: AttributeValue): void {
    const { values } = bag;
    const isNew = !Object.hasOwn(values, key);
    const size = isNew ? key.length + sizeOf(value) : sizeOf(value) - sizeOf(values[key]!);
    if ((isNew && bag.count >= this.#limits.maxAttributes) || bag.size + size > MAX_BAG_SIZE) {
      bag.dropped++;
      return;
    }
    if (isNew) bag.count++;
    bag.size += size;
    // Assigning to this one key would set the object's prototype.
    if (key === '__proto__')
      Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
    else values[key] = value;
  }
}

function sizeOf(value: AttributeValue): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object') return 8;
  let size = 0;
  for (const item of value) size += typeof item === 'string' ? item.length : 8;
  return size;
}
