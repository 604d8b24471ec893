import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { processWide } from './process-wide.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const key = Symbol.for(`ferretjs@${version.split('.')[0]}.test`);
const holder = globalThis as unknown as Record<symbol, unknown>;

class Hooks {
  readonly names = new Set<string>();
  add(name: string): void {
    this.names.add(name);
  }
}

afterEach(() => {
  delete holder[key];
});

describe('a value that exists once in the process', () => {
  it('P27: is kept under a key with the major version of this package', () => {
    const first = processWide('test', () => new Hooks());
    expect(processWide('test', () => new Hooks())).toBe(first);
    expect(holder[key]).toBe(first);
  });

  it('is kept on the object that the caller names', () => {
    const place: Record<symbol, unknown> = {};
    const first = processWide('test', () => new Hooks(), place);
    expect(processWide('test', () => new Hooks(), place)).toBe(first);
    expect(place[key]).toBe(first);
    expect(holder[key]).toBeUndefined();
  });

  it.each([
    ['no member', {}],
    ['a method missing', { names: new Set() }],
    ['a string in place of a method', { names: new Set(), add: 'a text' }],
    ['a getter that throws', Object.defineProperty({ names: new Set() }, 'add', { get: () => expect.fail() })],
    ['a string in place of the object', 'a text'],
  ])('P27: is not shared with a version whose value has another shape: %s', (_what, stub) => {
    holder[key] = stub;
    const own = processWide('test', () => new Hooks());
    expect(own).toBeInstanceOf(Hooks);
    expect(holder[key]).toBe(stub);
  });

  it('P27: is shared with another copy of the package whose class has the same members', () => {
    holder[key] = { names: new Set(), add() {}, more: true };
    expect(processWide('test', () => new Hooks())).toBe(holder[key]);
  });
});
