import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemorySink } from '../sink/memory-sink.js';

/** The module with a state of its own. */
async function fresh() {
  vi.resetModules();
  Reflect.deleteProperty(globalThis, Symbol.for('ferretjs@0.default'));
  return import('./default-ferret.js');
}

const made: { close(): Promise<unknown> }[] = [];
afterEach(() => Promise.all(made.splice(0).map((ferret) => ferret.close())));

describe('the Ferret of requests that begin before any adapter has them', () => {
  it('is the default one, once an adapter has made that', async () => {
    const { existingFerret, ferretFor, ferretOfRequests } = await fresh();
    expect(existingFerret()).toBeUndefined();
    const ferret = ferretFor({ sink: new MemorySink() });
    made.push(ferret);
    expect(ferretOfRequests()).toBe(ferret);
    expect(existingFerret()).toBe(ferret);
  });

  it('is the instance that an adapter was given, where there is no default', async () => {
    const { createFerret, ferretFor, ferretOfRequests, defaultFerret } = await fresh();
    const given = createFerret({ sink: new MemorySink() });
    made.push(given);
    ferretFor(given, true);
    expect(ferretOfRequests()).toBe(given);
    const byOptions = ferretFor({ sink: new MemorySink() });
    made.push(byOptions);
    expect(ferretOfRequests()).toBe(byOptions);
    expect(defaultFerret()).toBe(byOptions);
  });

  it('is the instance again, once the default is closed', async () => {
    const { createFerret, ferretFor, ferretOfRequests } = await fresh();
    const byOptions = ferretFor({ sink: new MemorySink() });
    await byOptions.close();
    const given = createFerret({ sink: new MemorySink() });
    made.push(given);
    ferretFor(given);
    expect(ferretOfRequests()).toBe(given);
  });
});
