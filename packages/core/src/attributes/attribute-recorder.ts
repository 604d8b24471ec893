import { BoundedMemo } from '../bounded-memo.js';
import { hasStackLeft } from '../stack-room.js';
import type { Attributes, AttributeValue } from './attribute-value.js';
import type { Redactor } from './redaction.js';
import { safeString, safeText, UNREADABLE } from './safe-text.js';
import { REDACTED } from './secrets/secret-text.js';

/** Limits of the attributes of one span. */
export interface AttributeLimits {
  /** Maximum number of attributes of a span. Further ones are left out and counted. */
  readonly maxAttributes: number;
  /** Maximum number of characters of a text. Longer texts are cut and end in `…`. */
  readonly maxValueLength: number;
}

/** The attribute that holds the number of attributes left out beyond the limits. */
export const DROPPED_ATTRIBUTES = 'ferret.dropped_attributes';

/**
 * The names of the sums of folded spans, which count for spans wherever a trace is read. Given by an application, they
 * are left out and counted.
 */
const RESERVED = /^ferret\.folded(?:\.|$)/;

const MAX_KEY_LENGTH = 256;
const MAX_ARRAY_LENGTH = 128;
/** Maximum number of characters of one array, in multiples of `maxValueLength`. */
const MAX_ARRAY_VALUES = 16;
/** Maximum number of characters of all attributes of a span together. */
const MAX_BAG_SIZE = 262_144;
/** Names that are remembered before the map is emptied: an application may generate them from data. */
const MAX_KNOWN_KEYS = 2000;
/** Maximum number of characters of a value that is remembered. */
const MAX_REMEMBERED_LENGTH = 64;
/** The smallest number that is checked for a card number: those have 13 digits or more. */
const MIN_CARD_NUMBER = 1e12;

/** The attributes of one span. Their values are redacted, cut, and copied from the application's objects. */
export class AttributeBag {
  readonly values: Record<string, AttributeValue> = {};
  /** Attributes in the bag. */
  count = 0;
  /** Attributes that were left out. */
  dropped = 0;
  /** Characters in the bag, of keys and of values. */
  size = 0;
}

/** The results of checking the name of an attribute. */
interface Key {
  /** The name as it is stored: well-formed, redacted, cut. */
  readonly text: string;
  readonly isSecret: boolean;
  readonly isReserved: boolean;
  /** The last value without a secret. Most names have few values, and a known value need not be searched again. */
  lastClean: string | undefined;
}

/**
 * Puts attributes into bags: cleans, redacts, cuts and copies them. Throws a RangeError only while the patterns are not
 * compiled and the stack is almost full.
 */
export class AttributeRecorder {
  readonly #limits: AttributeLimits;
  readonly #redactor: Redactor;
  readonly #keys = new BoundedMemo<Key>(MAX_KNOWN_KEYS);
  readonly #shared = new WeakMap<object, Readonly<Record<string, AttributeValue>>>();
  /** Texts to check the stack for. After so many, V8 has compiled the patterns that find secrets; see stack-room.ts. */
  #coldTexts = 2_000;

  constructor(limits: AttributeLimits, redactor: Redactor) {
    this.#limits = limits;
    this.#redactor = redactor;
  }

  setAll(bag: AttributeBag, attributes: Attributes): void {
    let keys: string[];
    try {
      keys = Object.keys(attributes);
    } catch {
      return; // The keys of a proxy cannot be read.
    }
    for (const key of keys) {
      // Checked before the value is read, because an object may have a hundred thousand keys.
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
    if (key.isReserved) {
      bag.dropped++;
      return;
    }
    const stored = this.#redacted(key, value);
    if (stored !== undefined) this.#put(bag, key.text, stored);
  }

  /**
   * Returns the attributes of a part of a span, such as an event. They have a bag of their own, and their characters
   * count among those of the span.
   *
   * @param characters number of characters that the part holds besides
   * @returns `undefined` if the span has no room for that.
   */
  part(bag: AttributeBag, characters: number, attributes: Attributes | undefined): AttributeBag | undefined {
    const part = new AttributeBag();
    part.size = bag.size + characters;
    if (part.size > MAX_BAG_SIZE) return undefined;
    if (attributes !== undefined) this.setAll(part, attributes);
    if (part.dropped > 0) part.values[DROPPED_ATTRIBUTES] = part.dropped;
    bag.size = part.size;
    return part;
  }

  /**
   * Returns attributes that many spans have in common, as they are stored: the same object for the same object, which
   * is read once.
   */
  shared(attributes: Attributes): Readonly<Record<string, AttributeValue>> {
    let shared = this.#shared.get(attributes);
    if (shared === undefined) {
      const bag = new AttributeBag();
      this.setAll(bag, attributes);
      shared = Object.freeze(bag.values);
      this.#shared.set(attributes, shared);
    }
    return shared;
  }

  /** Returns a bounded, redacted text for any value. */
  text(value: unknown): string {
    return typeof value === 'string' ? this.#string(value) : this.#describe(value);
  }

  /** Whether the rules find a secret in a text that can only be kept as it is, or not at all. */
  hasSecret(text: string): boolean {
    this.#requireStack();
    return this.#redactor.find(text) !== undefined;
  }

  /** Whether a bag is full and does not have this name yet. */
  #hasNoRoom(bag: AttributeBag, name: string): boolean {
    return bag.count >= this.#limits.maxAttributes && !Object.hasOwn(bag.values, name);
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) {
      this.#requireStack();
      const text = safeString(name, this.#redactor, MAX_KEY_LENGTH);
      // Judged by the whole name, because the cut may remove the part that makes it secret.
      key = {
        text,
        isSecret: this.#redactor.isSecretName(name),
        isReserved: RESERVED.test(text),
        lastClean: undefined,
      };
      if (name.length > MAX_KEY_LENGTH) return key;
      this.#keys.set(name, key);
    }
    return key;
  }

  /**
   * Returns the value to store. The rules apply first, then the application's redactor, then the rules to its result.
   */
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
    if (value === key.lastClean) return key.lastClean;
    const clean = this.#string(value);
    if (value.length <= MAX_REMEMBERED_LENGTH && clean === value) key.lastClean = clean;
    return clean;
  }

  /** A copy of the value in a type that OpenTelemetry knows, redacted and cut. */
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

  /** Whether a number can be stored as it is. Card numbers are redacted, and NaN and infinities have no JSON. */
  #isPlainNumber(value: unknown): value is number {
    if (typeof value !== 'number') return false;
    if (Math.abs(value) < MIN_CARD_NUMBER) return true;
    if (!Number.isFinite(value)) return false;
    const text = String(value);
    return this.#redactor.text(text) === text;
  }

  /**
   * Arrays of only numbers or only booleans stay arrays. If they have other items or must be cut they become one text,
   * because a number cannot mark the cut. All other arrays become arrays of texts.
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
    this.#requireStack();
    return safeString(text, this.#redactor, this.#limits.maxValueLength);
  }

  #describe(value: unknown): string {
    this.#requireStack();
    return safeText(value, this.#redactor, this.#limits.maxValueLength);
  }

  #requireStack(): void {
    if (this.#coldTexts === 0) return;
    this.#coldTexts--;
    if (!hasStackLeft()) throw new RangeError('There is too little stack left to look for secrets');
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
    // Assigning to the key `__proto__` would set the object's prototype.
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
