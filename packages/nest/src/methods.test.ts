import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import { currentSpan, type Ferret, type SpanRecord } from '@ferretjs/core';
import {
  Body,
  Controller,
  Get,
  type INestApplicationContext,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  Param,
  Post,
  Scope,
  SetMetadata,
} from '@nestjs/common';
import { LazyModuleLoader, ModuleRef, NestFactory, Reflector } from '@nestjs/core';
import { Injector } from '@nestjs/core/injector/injector.js';
import { firstValueFrom, lastValueFrom, Observable, of, Subject, throwError } from 'rxjs';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { FERRET, FerretModule, ferretInstrument, Measure, type MethodSelection } from './index.js';
import { cleanUp, PLATFORMS, recorder } from './recorder.fixture.js';

/** Nest has the option `instrument` since 11.1.4. */
const HAS_INSTRUMENT = 'instanceDecorator' in new Injector();

/** A started application context, and the spans below a root named `root`. */
async function start(metadata: ModuleMetadata, methods: boolean | MethodSelection = true, instrument = true) {
  const { ferret, sink } = recorder();
  @Module({ ...metadata, imports: [FerretModule.forRoot(ferret, { methods }), ...(metadata.imports ?? [])] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    ...(instrument && { instrument: ferretInstrument }),
  });
  cleanUp.push(() => app.close());
  const spans = async (work: () => unknown): Promise<SpanRecord[]> => {
    const before = sink.spans.length;
    await Promise.resolve(ferret.measure('root', work)).catch(() => {});
    await ferret.flush();
    return sink.spans.slice(before).filter(({ name }) => name !== 'root');
  };
  const names = async (work: () => unknown) => (await spans(work)).map(({ name }) => name);
  return { app, ferret, spans, names };
}

describe('methods: true', () => {
  it('makes a span of each method, private and inherited ones too, below its caller', async () => {
    abstract class Repository {
      protected async find(id: number) {
        await Promise.resolve();
        return { id };
      }
    }
    @Injectable()
    class Users extends Repository {
      async load(id: number) {
        return this.check(await this.find(id));
      }
      private check(user: { id: number }) {
        return user;
      }
    }
    const { app, spans } = await start({ providers: [Users] });
    let loaded: unknown;
    const recorded = await spans(async () => {
      loaded = await app.get(Users).load(7);
    });
    expect(loaded).toEqual({ id: 7 });
    expect(recorded.map(({ name }) => name)).toEqual(['Users.find', 'Users.check', 'Users.load']);
    const [find, check, load] = recorded;
    expect([find?.parentId, check?.parentId]).toEqual([load?.spanId, load?.spanId]);
  });

  it('records outcomes of methods that throw, reject and fail, and passes the same errors on', async () => {
    const error = new RangeError('no');
    @Injectable()
    class Broken {
      throws() {
        throw error;
      }
      async rejects() {
        await Promise.resolve();
        throw error;
      }
      passes() {
        return Promise.reject(error);
      }
      fails() {
        return throwError(() => error);
      }
    }
    const { app, spans } = await start({ providers: [Broken] });
    const broken = app.get(Broken);
    const recorded = await spans(async () => {
      expect(() => broken.throws()).toThrow(error);
      await expect(broken.rejects()).rejects.toBe(error);
      await expect(broken.passes()).rejects.toBe(error);
      await expect(lastValueFrom(broken.fails())).rejects.toBe(error);
    });
    expect(recorded.map(({ name, outcome, errorType }) => [name, outcome, errorType])).toEqual([
      ['Broken.throws', 'error', 'RangeError'],
      ['Broken.rejects', 'error', 'RangeError'],
      ['Broken.passes', 'error', 'RangeError'],
      ['Broken.fails', 'error', 'RangeError'],
    ]);
  });

  it('records observables until they end, each subscription', async () => {
    @Injectable()
    class Streams {
      values() {
        return new Observable<string | undefined>((subscriber) => {
          subscriber.next(currentSpan()?.spanId);
          setTimeout(() => subscriber.complete(), 1);
        });
      }
      async later() {
        return of(1, 2);
      }
      subject() {
        return new Subject();
      }
    }
    const { app, spans } = await start({ providers: [Streams] });
    const streams = app.get(Streams);
    let seen: unknown;
    const recorded = await spans(async () => {
      const values = streams.values();
      expect(values).toBeInstanceOf(Observable);
      seen = await lastValueFrom(values);
      await firstValueFrom(values);
      await lastValueFrom(await streams.later());
      expect(streams.subject()).toBeInstanceOf(Subject);
    });
    expect(recorded.map(({ name }) => name)).toEqual([
      'Streams.values',
      'Streams.values',
      'Streams.later',
      'Streams.subject',
    ]);
    expect(seen).toBe(recorded[0]?.spanId);
  });

  it('returns one promise for one promise, and never hides a rejection', async () => {
    @Injectable()
    class Cached {
      readonly pending = Promise.resolve(1);
      get() {
        return this.pending;
      }
      through() {
        return this.get();
      }
    }
    const { app, names } = await start({ providers: [Cached] });
    const cached = app.get(Cached);
    const seen = await names(async () => {
      expect(cached.get()).toBe(cached.get());
      expect(await cached.through()).toBe(1);
    });
    expect(seen.sort()).toEqual(['Cached.get', 'Cached.get', 'Cached.get', 'Cached.through']);
  });

  it('returns queries that run when they are awaited as they are', async () => {
    let runs = 0;
    const query = {
      then(resolve: (value: number) => void) {
        resolve(++runs);
      },
    };
    @Injectable()
    class Queries {
      build() {
        return query;
      }
    }
    const { app, names } = await start({ providers: [Queries] });
    const keys = Reflect.ownKeys(query);
    const seen = await names(() => {
      expect(app.get(Queries).build()).toBe(query);
    });
    expect([seen, runs, Reflect.ownKeys(query)]).toEqual([['Queries.build'], 0, keys]);
  });

  it('records super.method once, and each class by its own name', async () => {
    @Injectable()
    class Base {
      work() {
        return 1;
      }
      both() {
        return this.work();
      }
    }
    @Injectable()
    class Derived extends Base {
      override work() {
        return super.work() + 1;
      }
    }
    const mixin = (factor: number) => {
      @Injectable()
      class Mixed extends Base {
        override work() {
          return super.work() * factor;
        }
      }
      return Mixed;
    };
    const Tenfold = mixin(10);
    const { app, names } = await start({ providers: [Derived, Base, Tenfold] });
    const results: number[] = [];
    const seen = await names(() => {
      results.push(app.get(Base).both(), app.get(Derived).both(), app.get(Tenfold).work());
    });
    expect(results).toEqual([1, 2, 10]);
    expect(seen).toEqual(['Base.work', 'Base.both', 'Derived.work', 'Derived.both', 'Mixed.work']);
  });

  it('leaves everything else as it was', async () => {
    const symbol = Symbol('work');
    const frozen = { changed: false };
    function Logged(_target: object, _key: string, descriptor: PropertyDescriptor) {
      const { value } = descriptor;
      descriptor.value = Object.assign(
        function (this: unknown, ...args: unknown[]) {
          return value.apply(this, args);
        },
        { isLogged: true },
      );
    }
    @Injectable()
    class Odd {
      #secret = 'hidden';
      field = () => 1;
      value = 1;
      static create() {
        return new Odd();
      }
      get accessor() {
        return this.#secret;
      }
      set accessor(value: string) {
        this.#secret = value;
      }
      [symbol]() {
        return 2;
      }
      *generate() {
        yield 1;
      }
      async *stream() {
        yield 2;
      }
      hidden(_first?: unknown, ..._rest: unknown[]) {
        return this.#secret;
      }
      itself() {
        return this;
      }
      count(..._args: unknown[]) {
        // biome-ignore lint/complexity/noArguments: that is what it is about
        return arguments.length;
      }
      @SetMetadata('role', 'admin')
      marked() {}
      @Logged
      logged() {
        return 3;
      }
      toString() {
        return 'odd';
      }
    }
    Object.freeze(frozen);
    @Injectable()
    class Frozen {
      constructor() {
        Object.freeze(this);
      }
      work() {
        return frozen;
      }
    }
    const before = Object.getOwnPropertyDescriptors(Odd.prototype);
    const { app, names } = await start({ providers: [Odd, Frozen] });
    const odd = app.get(Odd);
    expect(Reflect.ownKeys(Odd.prototype)).toEqual(Reflect.ownKeys(before));
    for (const key of Reflect.ownKeys(before)) {
      const { value, ...rest } = Object.getOwnPropertyDescriptor(Odd.prototype, key) as PropertyDescriptor;
      const { value: original, ...originalRest } = before[key as keyof typeof before] as PropertyDescriptor;
      expect(rest).toEqual(originalRest);
      if (typeof original !== 'function') continue;
      expect([value.name, value.length]).toEqual([original.name, original.length]);
      expect(Reflect.ownKeys(value)).toEqual(Reflect.ownKeys(original));
      expect(Reflect.getMetadataKeys(value)).toEqual(Reflect.getMetadataKeys(original));
    }
    expect(Reflect.ownKeys(odd)).toEqual(['field', 'value']);
    expect(new Reflector().get('role', odd.marked)).toBe('admin');
    const seen = await names(async () => {
      expect([odd.hidden(), odd.itself() === odd, odd.count(), odd.count(1, undefined)]).toEqual([
        'hidden',
        true,
        0,
        2,
      ]);
      expect([odd[symbol](), odd.field(), `${odd}`, Odd.create() instanceof Odd]).toEqual([2, 1, 'odd', true]);
      odd.accessor = 'changed';
      expect([odd.accessor, [...odd.generate()], (await odd.stream().next()).value]).toEqual(['changed', [1], 2]);
      expect(odd.logged()).toBe(3);
      expect(app.get(Frozen).work()).toBe(frozen);
    });
    expect(seen).toEqual(['Odd.hidden', 'Odd.itself', 'Odd.count', 'Odd.count', 'Odd.logged', 'Frozen.work']);
  });

  it('records nothing outside of any span', async () => {
    @Injectable()
    class Service {
      work() {
        return currentSpan();
      }
    }
    const { app, ferret } = await start({ providers: [Service] });
    expect(app.get(Service).work()).toBeUndefined();
    expect(ferret.stats().started).toBe(0);
  });

  it('leaves out what frameworks and Node bring along, and @Measure() records once', async () => {
    @Injectable()
    class Bus extends EventEmitter {
      publish() {
        return this.emit('event');
      }
      @Measure('measured')
      measured() {}
    }
    const own = EventEmitter.prototype.emit;
    const { app, names } = await start({ providers: [Bus, Reflector] });
    expect(EventEmitter.prototype.emit).toBe(own);
    const seen = await names(() => {
      app.get(Bus).publish();
      app.get(Bus).measured();
      app.get(Reflector).get('key', Bus);
      app.get(ModuleRef).get(Bus, { strict: false });
    });
    expect(seen).toEqual(['Bus.publish', 'measured']);
  });

  it('records 32 levels of a recursion, which goes as deep as it likes', async () => {
    @Injectable()
    class Trees {
      depth(level: number): number {
        return level === 0 ? 0 : this.depth(level - 1) + 1;
      }
    }
    const { app, ferret, names } = await start({ providers: [Trees] });
    let depth = 0;
    await names(() => {
      depth = app.get(Trees).depth(1_000);
    });
    expect([depth, ferret.stats().started]).toEqual([1_000, 33]);
  });

  it('takes one frame of the stack for each further level of a recursion, in a span or not', async () => {
    @Injectable()
    class Trees {
      frames(level: number): number {
        if (level > 0) return this.frames(level - 1);
        const { stackTraceLimit } = Error;
        Error.stackTraceLimit = Number.POSITIVE_INFINITY;
        const frames = new Error('here').stack?.split('\n').length ?? 0;
        Error.stackTraceLimit = stackTraceLimit;
        return frames;
      }
    }
    const { app, ferret } = await start({ providers: [Trees] });
    const trees = app.get(Trees);
    const difference = () => trees.frames(300) - trees.frames(100);
    expect(difference()).toBe(400);
    expect(ferret.measure('root', difference)).toBe(400);
  });

  it('takes only what is selected', async () => {
    @Injectable()
    class Orders {
      list() {}
      find() {}
    }
    @Injectable()
    class Users {
      list() {}
    }
    class Plain {
      work() {}
    }
    const metadata = { providers: [Orders, Users, { provide: 'PLAIN', useFactory: () => new Plain() }] };
    const all = (app: INestApplicationContext) => () => {
      app.get(Orders).list();
      app.get(Orders).find();
      app.get(Users).list();
      app.get<Plain>('PLAIN').work();
    };
    const seen = async (selection: MethodSelection) => {
      const { app, names } = await start(metadata, selection);
      const found = await names(all(app));
      await app.close();
      cleanUp.pop();
      return found;
    };
    expect(await seen({ only: ['Orders'] })).toEqual(['Orders.list', 'Orders.find']);
    expect(await seen({ only: ['*.list', 'Plain'] })).toEqual(['Orders.list', 'Users.list', 'Plain.work']);
    expect(await seen({ except: ['Orders.list', /^Users/g] })).toEqual(['Orders.find']);
    expect(await seen({})).toEqual(['Orders.list', 'Orders.find', 'Users.list']);
  });

  it('sees providers of requests, transient ones, and with the instrument those that come late', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      work() {}
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      work() {}
    }
    @Injectable()
    class Late {
      work() {}
    }
    @Module({ providers: [Late] })
    class LateModule {}
    const { app, names } = await start({ providers: [PerRequest, Transient] });
    const seen = await names(async () => {
      (await app.resolve(PerRequest)).work();
      (await app.resolve(Transient)).work();
      const module = await app.get(LazyModuleLoader).load(() => LateModule);
      module.get(Late).work();
    });
    const late = HAS_INSTRUMENT ? ['Late.work'] : [];
    expect(seen).toEqual(['PerRequest.work', 'Transient.work', ...late]);
  });

  it('ends with its application', async () => {
    @Injectable()
    class Service {
      work() {
        return 1;
      }
    }
    const first = await start({ providers: [Service] });
    expect(await first.names(() => first.app.get(Service).work())).toEqual(['Service.work']);
    await first.app.close();
    const second = await start({ providers: [Service] }, false);
    expect(await second.names(() => second.app.get(Service).work())).toEqual([]);
    const third = await start({ providers: [Service] });
    expect(await third.names(() => third.app.get(Service).work())).toEqual(['Service.work']);
  });

  it.each([
    ['methods', 'yes', 'true, false or an object'],
    ['methods.include', { include: [] }, 'unknown'],
    ['methods.only', { only: 'Orders' }, 'a list of texts'],
  ])('refuses %s of another kind', async (option, methods, accepts) => {
    @Module({ imports: [FerretModule.forRoot({ methods: methods as never })] })
    class AppModule {}
    const created = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    await expect(created).rejects.toThrow(`the option ${option} got`);
    await expect(created).rejects.toThrow(accepts);
  });

  it('is an option beside those of the instance', async () => {
    const { sink } = recorder();
    @Injectable()
    class Service {
      work() {}
    }
    @Module({ imports: [FerretModule.forRoot({ sink, runId: 'mine', methods: true })], providers: [Service] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    const ferret = app.get<Ferret>(FERRET);
    ferret.measure('root', () => app.get(Service).work());
    await app.close();
    expect([ferret.runId, sink.spans.map(({ name }) => name)]).toEqual(['mine', ['Service.work', 'root']]);
  });
});

describe.each(Object.entries(PLATFORMS))('methods: true on %s', (_platform, adapter) => {
  it('has handlers and services in the tree of their request, and routes as before', async () => {
    @Injectable()
    class Users {
      async find(id: string) {
        return { id };
      }
    }
    @Controller('users')
    class UsersController {
      constructor(@Inject(Users) private readonly users: Users) {}
      @Get(':id')
      show(@Param('id') id: string) {
        return this.users.find(id);
      }
      @Post()
      create(@Body() body: { name: string }) {
        return of(body.name);
      }
    }
    const { ferret, spans } = recorder();
    @Module({
      imports: [FerretModule.forRoot(ferret, { methods: true })],
      controllers: [UsersController],
      providers: [Users],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, adapter(), { logger: false, instrument: ferretInstrument });
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    const { get, post } = supertest(app.getHttpServer());
    await get('/users/7').expect(200, { id: '7' });
    await post('/users').send({ name: 'x' }).expect(201, 'x');
    const recorded = await spans(5);
    expect(recorded.map(({ name }) => name)).toEqual([
      'Users.find',
      'UsersController.show',
      'GET /users/:id',
      'UsersController.create',
      'POST /users',
    ]);
    const [find, show, request] = recorded;
    expect([find?.parentId, show?.parentId]).toEqual([show?.spanId, request?.spanId]);
    expect(request?.attributes['code.function.name']).toBe('UsersController.show');
  });
});
