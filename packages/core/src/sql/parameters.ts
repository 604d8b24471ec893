import { randomFillSync } from 'node:crypto';
import { types } from 'node:util';

/** Values, at all depths, that are looked at. A list with more has no hash. */
const MAX_VALUES = 256;
const MAX_DEPTH = 6;
/** A longer text or buffer counts by so many units at its beginning, half as many at its end, and its length. */
const MAX_UNITS = 512;

/** The key is random in each process and never stored: a hash tells nothing about a value to whoever has the file. */
const key = randomFillSync(new Uint32Array(2));

/** State of HalfSipHash-1-3, by Aumasson and Bernstein: a keyed hash of 32-bit words. */
let v0 = 0;
let v1 = 0;
let v2 = 0;
let v3 = 0;
let values = 0;

/** Stand before each value, so that `1` and `'1'` differ. */
const Tag = {
  Text: 1,
  Number: 2,
  True: 3,
  False: 4,
  Null: 5,
  Undefined: 6,
  BigInt: 7,
  Bytes: 8,
  Date: 9,
  List: 10,
  Object: 11,
  End: 12,
  Map: 13,
} as const;

/** Thrown at a value of which no hash can be made without running code of the application, or with bounded work. */
const OPAQUE = new Error('opaque value');

/**
 * A keyed 32-bit hash of a query's parameters, as a number: the same for the same values in one process, and for most
 * others another one. Work is bounded, whatever the values are. Methods of values and getters of objects are never
 * called (`toString`, `toJSON`, `toPostgres`).
 *
 * @param seed a hash of what else makes the query what it is; see {@link hashText}
 * @returns `undefined` where it cannot be told: for objects of classes, proxies, accessors, and more than 256 values
 */
export function hashParameters(parameters: unknown, seed = 0): number | undefined {
  begin(seed);
  try {
    add(parameters, 0);
    return end();
  } catch {
    return undefined; // An opaque value, or the stack is full.
  }
}

/** A keyed 32-bit hash of a text. Of a text beyond 32,768 characters, beginning, end and length count. */
export function hashText(text: string): number {
  begin(0);
  addText(text, 32_768);
  return end();
}

function add(value: unknown, depth: number): void {
  if (++values > MAX_VALUES || depth > MAX_DEPTH) throw OPAQUE;
  switch (typeof value) {
    case 'string':
      word(Tag.Text);
      addText(value, MAX_UNITS);
      return;
    case 'number':
      word(Tag.Number);
      addNumber(value);
      return;
    case 'boolean':
      word(value ? Tag.True : Tag.False);
      return;
    case 'undefined':
      word(Tag.Undefined);
      return;
    case 'bigint':
      word(Tag.BigInt);
      addNumber(Number(BigInt.asIntN(64, value)));
      word(Number(BigInt.asUintN(32, value)) | 0);
      return;
    case 'object':
      if (value === null) word(Tag.Null);
      else addObject(value, depth);
      return;
    default:
      throw OPAQUE;
  }
}

function addObject(value: object, depth: number): void {
  if (types.isProxy(value)) throw OPAQUE;
  if (Array.isArray(value)) {
    word(Tag.List);
    word(value.length);
    if (value.length > MAX_VALUES) throw OPAQUE;
    for (let index = 0; index < value.length; index++) add(value[index], depth + 1);
    word(Tag.End);
  } else if (types.isUint8Array(value)) {
    word(Tag.Bytes);
    addBytes(value);
  } else if (types.isDate(value)) {
    word(Tag.Date);
    addNumber(Date.prototype.getTime.call(value));
  } else if (types.isMap(value)) addMap(value, depth);
  else if (isBson(value)) addBson(value, depth);
  else addPlainObject(value, depth);
}

const entriesOf = Map.prototype.entries;

function addMap(value: Map<unknown, unknown>, depth: number): void {
  word(Tag.Map);
  for (const entry of entriesOf.call(value) as Iterable<[unknown, unknown]>) {
    add(entry[0], depth + 1);
    add(entry[1], depth + 1);
  }
  word(Tag.End);
}

/** Values of MongoDB, such as ids: classes whose prototype has the property `_bsontype`, all over a base class. */
function isBson(value: object): boolean {
  for (let holder = prototypeOf(value), level = 0; holder !== null && level < 2; holder = prototypeOf(holder), level++)
    if (Object.hasOwn(holder, '_bsontype')) return true;
  return false;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

/** Their state is in properties of their own, in some versions under a symbol. */
function addBson(value: object, depth: number): void {
  word(Tag.Object);
  for (const name of Reflect.ownKeys(value)) {
    if (typeof name === 'string') addText(name, MAX_UNITS);
    add(ownValue(value, name), depth + 1);
  }
  word(Tag.End);
}

function addPlainObject(value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw OPAQUE;
  const keys = Object.keys(value);
  if (keys.length > MAX_VALUES) throw OPAQUE;
  word(Tag.Object);
  for (const name of keys) {
    addText(name, MAX_UNITS);
    add(ownValue(value, name), depth + 1);
  }
  word(Tag.End);
}

/** The value of a property, without running a getter. */
function ownValue(holder: object, name: PropertyKey): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  if (descriptor === undefined) return undefined;
  if (!('value' in descriptor)) throw OPAQUE;
  return descriptor.value;
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

function addNumber(value: number): void {
  if ((value | 0) === value) {
    word(value);
    return;
  }
  double[0] = value;
  word(halves[0] ?? 0);
  word(halves[1] ?? 0);
}

function addText(text: string, maxUnits: number): void {
  const { length } = text;
  word(length);
  if (length <= maxUnits) {
    addUnits(text, 0, length);
  } else {
    addUnits(text, 0, maxUnits);
    addUnits(text, length - maxUnits / 2, length);
  }
}

function addUnits(text: string, from: number, to: number): void {
  let at = from;
  for (; at + 1 < to; at += 2) word(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  if (at < to) word(text.charCodeAt(at));
}

/** Reads the length of a typed array where no subclass can have changed it. */
const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength')?.get as (
  this: Uint8Array,
) => number;

function addBytes(bytes: Uint8Array): void {
  const length = lengthOf.call(bytes);
  word(length);
  const begin = Math.min(length, MAX_UNITS);
  for (let at = 0; at < begin; at++) word(bytes[at] ?? 0);
  for (let at = Math.max(begin, length - MAX_UNITS / 2); at < length; at++) word(bytes[at] ?? 0);
}

function begin(seed: number): void {
  const k0 = key[0] ?? 0;
  const k1 = key[1] ?? 0;
  v0 = k0;
  v1 = k1;
  v2 = 0x6c796765 ^ k0;
  v3 = 0x74656462 ^ k1;
  values = 0;
  word(seed);
}

function word(value: number): void {
  v3 ^= value;
  round();
  v0 ^= value;
}

function end(): number {
  v2 ^= 0xff;
  round();
  round();
  round();
  return (v1 ^ v3) >>> 0;
}

function round(): void {
  v0 = (v0 + v1) | 0;
  v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
  v0 = (v0 << 16) | (v0 >>> 16);
  v2 = (v2 + v3) | 0;
  v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
  v2 = (v2 << 16) | (v2 >>> 16);
}
