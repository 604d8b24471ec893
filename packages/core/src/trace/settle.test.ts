import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FerretInstance } from '../ferret/ferret-instance.js';
import { MemorySink } from '../sink/memory-sink.js';
import { currentSpan } from './context.js';

const ferrets: FerretInstance[] = [];
afterEach(() => Promise.all(ferrets.splice(0).map((ferret) => ferret.close())));

function build() {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink });
  ferrets.push(ferret);
  const spans = async () => {
    await ferret.flush();
    return sink.spans;
  };
  return { ferret, spans };
}

/** As knex, mongoose and Prisma have them: it runs when `then` is called, each time. */
class Query {
  runs = 0;
  readonly words: string[] = [];
  readonly #result: () => Promise<unknown>;

  constructor(result: () => Promise<unknown> = () => Promise.resolve(['row'])) {
    this.#result = result;
  }

  where(word: string): this {
    this.words.push(word);
    return this;
  }

  then(onFulfilled?: ((value: unknown) => unknown) | null, onRejected?: ((error: unknown) => unknown) | null) {
    this.runs++;
    ranIn = currentSpan()?.spanId;
    return this.#result().then(onFulfilled, onRejected);
  }

  catch(onRejected: (error: unknown) => unknown) {
    return this.then(undefined, onRejected);
  }
}

let ranIn: string | undefined;

describe('A23: what is no native promise', () => {
  it('is returned as it is, and not started', async () => {
    const { ferret, spans } = build();
    const query = new Query();
    const returned = ferret.measure('query', () => query);
    expect(returned).toBe(query);
    expect(returned.where('a').where('b').words).toEqual(['a', 'b']);
    expect(query.runs).toBe(0);
    expect(Object.keys(query)).toEqual(['runs', 'words']);
    // Nobody has awaited it: there is nothing to tell.
    expect(await spans()).toEqual([]);
    expect(ferret.stats()).toMatchObject({ started: 0, pending: 0 });
  });

  it('is measured from when it is awaited to when it settles, and runs in its span', async () => {
    const { ferret, spans } = build();
    const query = new Query();
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const returned = ferret.measure('query', () => query);
      vi.advanceTimersByTime(5_000);
      expect(await returned.where('a')).toEqual(['row']);
    } finally {
      vi.useRealTimers();
    }
    expect(query.runs).toBe(1);
    expect(Object.hasOwn(query, 'then')).toBe(false);
    const [span] = await spans();
    expect(span).toMatchObject({ name: 'query', outcome: 'ok', spanId: ranIn });
    expect(span?.durationNanos).toBeLessThan(1e9);
  });

  it('runs as often as it is awaited', async () => {
    const { ferret, spans } = build();
    const query = ferret.measure('query', () => new Query());
    await query;
    await query;
    expect(query.runs).toBe(2);
    expect(await spans()).toHaveLength(1);
  });

  it('hands its failure to whoever awaits it, once', async () => {
    const { ferret, spans } = build();
    const query = ferret.measure('query', () => new Query(() => Promise.reject(new RangeError('locked'))));
    await expect(Promise.resolve(query)).rejects.toThrow('locked');
    expect(await query.catch((error) => (error as Error).message)).toBe('locked');
    expect(await spans()).toMatchObject([{ outcome: 'error', errorType: 'RangeError' }]);
  });

  it('ends its span where `then` itself throws', async () => {
    const { ferret, spans } = build();
    const broken = {
      then: (..._callbacks: ((value: string) => void)[]): never => {
        throw new Error('run twice');
      },
    };
    await expect((async () => await ferret.measure('query', () => broken))()).rejects.toThrow('run twice');
    expect(await spans()).toMatchObject([{ name: 'query', outcome: 'error', errorType: 'Error' }]);
    expect(ferret.stats()).toMatchObject({ started: 1, pending: 0 });
  });

  it('calls back where it was awaited, not in the span', async () => {
    const { ferret } = build();
    const seen: (string | undefined)[] = [];
    await ferret.measure('outer', async (outer) => {
      const query = ferret.measure('query', () => new Query());
      await query.then(() => seen.push(currentSpan()?.spanId));
      seen.push(outer.spanId);
    });
    const outside = ferret.measure('query', () => new Query());
    await outside.then(() => seen.push(currentSpan()?.spanId));
    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]).toBeUndefined();
  });

  it('gives back what `then` gives back', async () => {
    const { ferret } = build();
    const query = ferret.measure('query', () => new Query(() => Promise.resolve(20)));
    expect(await query.then((value) => Number(value) + 1)).toBe(21);
  });

  it.each<[string, () => object]>([
    ['frozen', () => Object.freeze({ then: (done: (value: number) => void) => done(7) })],
    ['sealed', () => Object.seal({ then: (done: (value: number) => void) => done(7) })],
    [
      'with a then that cannot be replaced',
      () => Object.defineProperty({}, 'then', { value: (done: (value: number) => void) => done(7) }),
    ],
    [
      'with a then that is worked out',
      () => ({
        get then() {
          return (done: (value: number) => void) => done(7);
        },
      }),
    ],
    ['with a then of its own', () => ({ then: (done: (value: number) => void) => done(7) })],
    [
      'a proxy that allows nothing',
      () =>
        new Proxy(
          { then: (done: (value: number) => void) => done(7) },
          {
            defineProperty: () => false,
            deleteProperty: () => false,
          },
        ),
    ],
    ['a function with a then', () => Object.assign(() => {}, { then: (done: (value: number) => void) => done(7) })],
  ])('works as without Ferret where it is %s', async (_what, make) => {
    const { ferret, spans } = build();
    const thenable = make();
    const before = Object.getOwnPropertyDescriptor(thenable, 'then');
    expect(ferret.measure('query', () => thenable)).toBe(thenable);
    expect(await thenable).toBe(7);
    expect(Object.getOwnPropertyDescriptor(thenable, 'then')).toEqual(before);
    expect(await spans()).toMatchObject([{ name: 'query', outcome: 'ok' }]);
  });

  it.each<[string, () => object]>([
    [
      'a getter that throws',
      () => ({
        get then(): never {
          throw new Error('no');
        },
      }),
    ],
    [
      'a proxy that is revoked',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    ],
    ['a then that is no function', () => ({ then: 7 })],
  ])('is measured by its call where it has %s', async (_what, make) => {
    const { ferret, spans } = build();
    const value = make();
    expect(ferret.measure('call', () => value) === value).toBe(true);
    expect(await spans()).toHaveLength(1);
  });

  it('is a promise with a then of its own, or of another realm', async () => {
    const { ferret, spans } = build();
    class Lazy extends Promise<string> {
      static override get [Symbol.species]() {
        return Promise;
      }
      values = () => 'values';
      runs = 0;
      override then<A = string, B = never>(
        ...callbacks: Parameters<typeof Promise.prototype.then<A, B>>
      ): Promise<A | B> {
        this.runs++;
        return super.then(...(callbacks as Parameters<Promise<string>['then']>)) as Promise<A | B>;
      }
    }
    const lazy = new Lazy((resolve) => resolve('row'));
    expect(ferret.measure('lazy', () => lazy)).toBe(lazy);
    expect([lazy.runs, lazy.values()]).toEqual([0, 'values']);
    expect(await lazy).toBe('row');
    const foreign = runInContext('Promise.resolve(7)', createContext()) as Promise<number>;
    expect(ferret.measure('foreign', () => foreign)).toBe(foreign);
    expect(await foreign).toBe(7);
    expect((await spans()).map(({ name }) => name)).toEqual(['lazy', 'foreign']);
  });

  it('is a promise of a class of its own, with what it keeps', async () => {
    const { ferret, spans } = build();
    class Cancelable extends Promise<string> {
      readonly reason: string;
      constructor(run: (resolve: (value: string) => void) => void, reason?: string) {
        if (reason === undefined) throw new TypeError('a reason is needed');
        super(run);
        this.reason = reason;
      }
      static override get [Symbol.species]() {
        return Promise;
      }
    }
    class Strict extends Cancelable {
      static override get [Symbol.species]() {
        return Strict as unknown as PromiseConstructor;
      }
    }
    for (const Class of [Cancelable, Strict]) {
      const promise = new Class((resolve) => resolve('row'), 'too slow');
      expect(ferret.measure(Class.name, () => promise)).toBe(promise);
    }
    expect(await ferret.measure('await', () => new Cancelable((resolve) => resolve('row'), 'too slow'))).toBe('row');
    expect((await spans()).map(({ name }) => name)).toEqual(['await']);
  });

  it('is worked out by a getter of its class, which is not asked', async () => {
    const { ferret, spans } = build();
    let runs = 0;
    class Lazy {
      get then() {
        runs++;
        return (resolve: (value: string) => void) => resolve('row');
      }
    }
    const lazy = ferret.measure('lazy', () => new Lazy());
    expect(runs).toBe(0);
    expect(await lazy).toBe('row');
    expect(runs).toBe(1);
    expect(await spans()).toHaveLength(1);
  });

  it('is returned by any number of calls before it is awaited', async () => {
    const { ferret, spans } = build();
    const query = new Query();
    for (let call = 0; call < 20_000; call++) ferret.measure('query', () => query);
    expect(await query).toEqual(['row']);
    expect(query.runs).toBe(1);
    expect(Object.hasOwn(query, 'then')).toBe(false);
    expect((await spans()).length).toBeGreaterThan(0);
    expect(ferret.stats()).toMatchObject({ started: 20_000, pending: 0 });
  });

  it('goes through wrap() untouched, too', async () => {
    const { ferret, spans } = build();
    const query = new Query();
    expect(ferret.wrap('query', () => query)()).toBe(query);
    await query;
    expect(await spans()).toHaveLength(1);
  });
});

describe('A23: a native promise', () => {
  it('keeps the properties it was given, as that of a promisified exec has its process', async () => {
    const { ferret, spans } = build();
    const run = ferret.measure('exec', () => promisify(execFile)(process.execPath, ['--version']));
    expect(run.child.pid).toBeGreaterThan(0);
    expect((await run).stdout.trim()).toBe(process.version);
    const asked = ferret.measure('ky', () => Object.assign(Promise.resolve(1), { json: () => 'json' }));
    expect([asked.json(), await asked]).toEqual(['json', 1]);
    expect((await spans()).map(({ name }) => name)).toEqual(['exec', 'ky']);
  });
});
