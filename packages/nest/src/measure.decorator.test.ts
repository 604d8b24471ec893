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
  it('measures what returns and what throws', async () => {
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

  it('measures observables until they complete, fail or are left', async () => {
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

  it('leaves an observable with its subscriber, also in the middle of a loop', async () => {
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

  it('returns subjects as they are', async () => {
    const subject = orders.subject();
    expect(subject).toBeInstanceOf(Subject);
    expect(await stored()).toEqual([['Orders.subject', 'ok', undefined]]);
  });

  it('leaves the method its name, its length and what other decorators have said of it', () => {
    class Controller {
      @Measure()
      @Get('users/:id')
      show(_id: string) {}
    }
    const { show } = Controller.prototype;
    expect([show.name, show.length, Reflect.getMetadata('path', show)]).toEqual(['show', 1, 'users/:id']);
  });

  it('goes to the Ferret of the current span, where several applications have one of their own', async () => {
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

  it('only calls the method where no FerretModule runs', async () => {
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

  it('refuses what is no method, and a name that is no text', () => {
    expect(() => Measure(7 as never)).toThrow('@Measure() takes a name or nothing, not number');
    const decorate = Measure() as (target: object, key: string, descriptor?: PropertyDescriptor) => void;
    expect(() => decorate({}, 'field')).toThrow('@Measure() is for methods; field is none');
    expect(() => decorate({}, 'getter', { get: () => 1 })).toThrow('getter is none');
  });
});
