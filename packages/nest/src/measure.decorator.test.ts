import { createFerret, currentSpan, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Get, type INestApplicationContext, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  concat,
  firstValueFrom,
  interval,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  range,
  retry,
  Subject,
  take,
  tap,
  throwError,
} from 'rxjs';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FERRET, FerretModule, Measure } from './index.js';

/**
 * A query like those of knex, mongoose and Prisma. It runs each time it is awaited, and can be extended before that.
 */
class Query implements PromiseLike<string> {
  static runs = 0;
  readonly #parts: readonly string[];
  constructor(...parts: readonly string[]) {
    this.#parts = parts;
  }
  where(part: string): Query {
    return new Query(...this.#parts, part);
  }
  then<A = string, B = never>(
    resolve?: ((value: string) => A | PromiseLike<A>) | null,
    reject?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    Query.runs++;
    const parts = this.#parts;
    const run = async () => {
      await new Promise((ready) => setTimeout(ready, 1));
      if (parts.includes('broken')) throw new SyntaxError('no such column');
      return parts.join(' and ');
    };
    return run().then(resolve, reject);
  }
}

@Injectable()
class Orders {
  constructor(@Inject('PREFIX') readonly prefix: string) {}

  @Measure()
  sync(id: number) {
    return `${this.prefix}${id}`;
  }

  @Measure('SELECT order')
  async later(id: number) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    currentSpan()?.annotate({ id });
    return id;
  }

  @Measure()
  throws() {
    throw new RangeError('no such order');
  }

  @Measure()
  rejects() {
    return Promise.reject(new TypeError('no connection'));
  }

  @Measure()
  values() {
    return of(1, 2, 3);
  }

  @Measure()
  fails() {
    return concat(
      of(1),
      throwError(() => new SyntaxError('half of it')),
    );
  }

  @Measure()
  endless() {
    return NEVER;
  }

  @Measure()
  subject() {
    return new Subject<number>();
  }

  @Measure()
  static count(..._ids: number[]) {
    return 3;
  }
}

class SpecialOrders extends Orders {}

let sink: MemorySink;
let app: INestApplicationContext;
let orders: Orders;
let stored: () => Promise<(string | undefined)[][]>;

beforeEach(async () => {
  sink = new MemorySink();
  const ferret = createFerret({ sink });
  @Module({
    imports: [FerretModule.forRoot(ferret)],
    providers: [Orders, SpecialOrders, { provide: 'PREFIX', useValue: '#' }],
  })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  orders = app.get(Orders);
  stored = async () => {
    await ferret.flush();
    return sink.spans.map(({ name, outcome, errorType }) => [name, outcome, errorType]);
  };
});

afterEach(() => app.close());

describe('@Measure()', () => {
  it('measures methods that return and methods that throw', async () => {
    expect(orders.sync(7)).toBe('#7');
    expect(() => orders.throws()).toThrow(RangeError);
    expect(Orders.count(1, 2)).toBe(3);
    expect(await stored()).toEqual([
      ['Orders.sync', 'ok', undefined],
      ['Orders.throws', 'error', 'RangeError'],
      ['Orders.count', 'ok', undefined],
    ]);
  });

  it('measures promises until they settle', async () => {
    expect(await orders.later(7)).toBe(7);
    await expect(orders.rejects()).rejects.toThrow('no connection');
    expect(await stored()).toEqual([
      ['SELECT order', 'ok', undefined],
      ['Orders.rejects', 'error', 'TypeError'],
    ]);
    expect(sink.spans[0]?.attributes).toEqual({ id: 7 });
  });

  it('is named by the class of the instance', async () => {
    app.get(SpecialOrders).sync(1);
    expect(await stored()).toEqual([['SpecialOrders.sync', 'ok', undefined]]);
  });

  it('measures observables until they complete, fail or are unsubscribed', async () => {
    const values = orders.values();
    expect(await stored()).toEqual([]);
    expect(await lastValueFrom(values)).toBe(3);
    await expect(lastValueFrom(orders.fails())).rejects.toThrow('half of it');
    const subscription = orders.endless().subscribe();
    expect(await stored()).toHaveLength(2);
    subscription.unsubscribe();
    expect(await stored()).toEqual([
      ['Orders.values', 'ok', undefined],
      ['Orders.fails', 'error', 'SyntaxError'],
      ['Orders.endless', 'ok', undefined],
    ]);
  });

  it('unsubscribes with its subscriber, also in the middle of a loop', async () => {
    const emitted: number[] = [];
    class Numbers {
      @Measure()
      all() {
        return range(1, 1_000).pipe(tap((value) => emitted.push(value)));
      }
    }
    expect(await lastValueFrom(new Numbers().all().pipe(take(3)))).toBe(3);
    expect(emitted).toEqual([1, 2, 3]);
    expect(await stored()).toEqual([['Numbers.all', 'ok', undefined]]);
  });

  it('measures each subscription to an observable', async () => {
    await expect(lastValueFrom(orders.fails().pipe(retry(2)))).rejects.toThrow('half of it');
    expect((await stored()).map(([name]) => name)).toEqual(['Orders.fails', 'Orders.fails', 'Orders.fails']);
  });

  it('runs a subscription inside its span', async () => {
    class Ticker {
      @Measure('tick')
      ticks() {
        return new Observable<string | undefined>((subscriber) => {
          const timer = interval(1).subscribe(() => subscriber.next(currentSpan()?.spanId));
          return () => timer.unsubscribe();
        });
      }
    }
    const seen = await firstValueFrom(new Ticker().ticks());
    await stored();
    expect(sink.spans).toMatchObject([{ name: 'tick', spanId: seen }]);
  });

  it('A23: returns a query as it is, does not run it, and measures it when it is awaited', async () => {
    class Users {
      @Measure()
      byName(name: string) {
        return new Query(name);
      }
      @Measure()
      itself(query: Query) {
        return query;
      }
      active(name: string) {
        return this.byName(name).where('active');
      }
    }
    Query.runs = 0;
    const users = new Users();
    const query = new Query('a');
    expect(users.itself(query)).toBe(query);
    const built = users.active('b');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(Query.runs).toBe(0);
    expect(await built).toBe('b and active');
    expect(Query.runs).toBe(1);
    expect(await query).toBe('a');
    expect(await query).toBe('a');
    expect(Query.runs).toBe(3);
    await expect(users.byName('broken')).rejects.toThrow('no such column');
    expect(Query.runs).toBe(4);
    // The original query was never awaited itself, so it has no span.
    expect(await stored()).toEqual([
      ['Users.itself', 'ok', undefined],
      ['Users.byName', 'error', 'SyntaxError'],
    ]);
  });

  it('A31: measures an observable from a promise until it completes, fails or is unsubscribed', async () => {
    class Remote {
      @Measure()
      async values() {
        await Promise.resolve();
        return of(1, 2, 3);
      }
      @Measure()
      async fails() {
        return throwError(() => new SyntaxError('half of it'));
      }
      @Measure()
      async subject() {
        return new Subject<number>();
      }
    }
    const remote = new Remote();
    const values = await remote.values();
    expect(await stored()).toEqual([]);
    expect(await lastValueFrom(values)).toBe(3);
    await expect(lastValueFrom(await remote.fails())).rejects.toThrow('half of it');
    expect(await remote.subject()).toBeInstanceOf(Subject);
    expect(await stored()).toEqual([
      ['Remote.values', 'ok', undefined],
      ['Remote.fails', 'error', 'SyntaxError'],
      ['Remote.subject', 'ok', undefined],
    ]);
  });

  it('returns subjects as they are', async () => {
    const subject = orders.subject();
    expect(subject).toBeInstanceOf(Subject);
    expect(await stored()).toEqual([['Orders.subject', 'ok', undefined]]);
  });

  it("keeps the method's name, its length and the metadata of other decorators", () => {
    class Controller {
      @Measure()
      @Get('users/:id')
      show(_id: string) {}
    }
    const { show } = Controller.prototype;
    expect([show.name, show.length, Reflect.getMetadata('path', show)]).toEqual(['show', 1, 'users/:id']);
  });

  it('uses the Ferret of the current span if several applications have one of their own', async () => {
    const others = new MemorySink();
    @Module({ imports: [FerretModule.forRoot({ sink: others })] })
    class OtherModule {}
    const other = await NestFactory.createApplicationContext(OtherModule, { logger: false });
    app.get<Ferret>(FERRET).measure('request', () => orders.sync(1));
    orders.sync(2);
    await other.close();
    expect((await stored()).map(([name]) => name)).toEqual(['Orders.sync', 'request']);
    expect(others.spans.map(({ name }) => name)).toEqual(['Orders.sync']);
  });

  it('only calls the method if no FerretModule runs', async () => {
    await app.close();
    expect(orders.sync(7)).toBe('#7');
    expect(await lastValueFrom(orders.values())).toBe(3);
    expect(await stored()).toEqual([]);
  });

  it('works as a standard decorator', async () => {
    const source = `
      class Standard {
        #name = 'standard';
        @Measure() show(id: number) { return this.#name + id; }
        @Measure('named') static async all() { return 2; }
      }
      return Standard;`;
    const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
    const Standard = new Function('Measure', outputText)(Measure) as {
      new (): { show(id: number): string };
      all(): Promise<number>;
    };
    expect(new Standard().show(1)).toBe('standard1');
    expect(await Standard.all()).toBe(2);
    expect((await stored()).map(([name]) => name)).toEqual(['Standard.show', 'named']);
  });

  it('takes a name, attributes and a condition', async () => {
    class Carts {
      @Measure({
        name: 'load carts',
        attributes: (ids: string[]) => ({ count: ids.length }),
        only: (ids: string[]) => ids.length > 0,
      })
      async load(ids: string[]) {
        return ids;
      }
      @Measure({ attributes: { tier: 1 } })
      list() {}
      @Measure({
        attributes: () => {
          throw new TypeError('a mistake');
        },
        only: () => {
          throw new TypeError('another');
        },
      })
      broken() {
        return 'fine';
      }
    }
    const carts = new Carts();
    const ids = ['a', 'b'];
    expect(await carts.load(ids)).toBe(ids);
    expect(await carts.load([])).toEqual([]);
    carts.list();
    expect(carts.broken()).toBe('fine');
    await stored();
    expect(sink.spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['load carts', { count: 2 }],
      ['Carts.list', { tier: 1 }],
      ['Carts.broken', { 'ferret.annotate_error': 'TypeError: a mistake' }],
    ]);
  });

  it('refuses targets other than methods, and options of another kind', () => {
    expect(() => Measure(7 as never)).toThrow('@Measure() takes a name, options or nothing, not number');
    expect(() => Measure({ name: 7 } as never)).toThrow('the option name of @Measure() got number, and accepts string');
    expect(() => Measure({ label: 'a' } as never)).toThrow('the options are name, attributes and only');
    const decorate = Measure() as (target: object, key: string, descriptor?: PropertyDescriptor) => void;
    expect(() => decorate({}, 'field')).toThrow('@Measure() is for methods; field is not a method');
    expect(() => decorate({}, 'getter', { get: () => 1 })).toThrow('getter is not a method');
  });
});
