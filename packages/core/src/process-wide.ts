import { runInThisContext } from 'node:vm';

/** The major version of this package, part of every key. Other major versions have values of their own. */
const MAJOR = '0';

/**
 * The real `process` object. Under Jest, `process` is a copy for each test file, and the copy emits no events
 * (jest-util, createProcessObject). Only the main context still has the real object.
 */
export const theProcess = findProcess();

/**
 * Returns a value that exists once in the process, and creates it on the first call. Applications load both builds of
 * this package, CommonJS and ES module, as soon as their dependencies differ in format; a variable of the module would
 * exist once in each build.
 *
 * Other versions of this package may be loaded too. Nothing is shared with another major version. With the same major
 * version a value is shared only if it has the members that `create` gives it; otherwise the caller gets a value of its
 * own.
 *
 * @param place the object that holds the value; test runners have several `globalThis` in a process
 */
export function processWide<T extends object>(name: string, create: () => T, place: object = globalThis): T {
  const key = Symbol.for(`ferretjs@${MAJOR}.${name}`);
  const holder = place as Record<symbol, T | undefined>;
  const own = create();
  const known = holder[key];
  if (known !== undefined) return hasShapeOf(known, own) ? known : own;
  Object.defineProperty(place, key, { value: own, writable: true, configurable: true });
  return own;
}

/** Whether `value` has every member of `own`, and a function for each function. */
function hasShapeOf(value: object, own: object): boolean {
  try {
    return namesOf(own).every(
      (name) =>
        name in value &&
        (typeof Reflect.get(own, name) !== 'function' || typeof Reflect.get(value, name) === 'function'),
    );
  } catch {
    return false;
  }
}

function namesOf(own: object): PropertyKey[] {
  const prototype: object | null = Object.getPrototypeOf(own);
  return [...Reflect.ownKeys(own), ...(prototype === null ? [] : Reflect.ownKeys(prototype))];
}

function findProcess(): NodeJS.Process {
  try {
    const found = runInThisContext('process') as NodeJS.Process;
    return found.pid === process.pid ? found : process;
  } catch {
    return process;
  }
}
