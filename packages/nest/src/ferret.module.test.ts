import { createFerret, defaultFerret, type Ferret, type FerretOptions } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FERRET, FerretModule, InjectFerret } from './index.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

describe('FerretModule', () => {
  async function context(...imports: NonNullable<ModuleMetadata['imports']>) {
    @Module({ imports })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    cleanUp.push(() => app.close());
    return { app, ferret: app.get<Ferret>(FERRET) };
  }

  it('accepts options, an instance, or nothing for the default', async () => {
    const own = await context(FerretModule.forRoot({ runId: 'own', sink: new MemorySink() }));
    expect(own.ferret.runId).toBe('own');
    const given = createFerret({ sink: new MemorySink() });
    expect((await context(FerretModule.forRoot(given))).ferret).toBe(given);
    expect((await context(FerretModule.forRoot())).ferret).toBe(defaultFerret());
    await given.close();
  });

  it('accepts them from a factory with dependencies, too', async () => {
    @Module({ providers: [{ provide: 'RUN', useValue: 'from-elsewhere' }], exports: ['RUN'] })
    class Settings {}
    const { ferret } = await context(
      FerretModule.forRootAsync({
        imports: [Settings],
        inject: ['RUN'],
        useFactory: async (runId: string): Promise<FerretOptions> => ({ runId, sink: new MemorySink() }),
      }),
    );
    expect(ferret.runId).toBe('from-elsewhere');
    const given = createFerret({ sink: new MemorySink() });
    expect((await context(FerretModule.forRootAsync({ useFactory: () => given }))).ferret).toBe(given);
    await given.close();
  });

  it('is global', async () => {
    @Injectable()
    class Orders {
      constructor(@InjectFerret() readonly ferret: Ferret) {}
    }
    @Module({ providers: [Orders] })
    class OrdersModule {}
    const { app, ferret } = await context(OrdersModule, FerretModule.forRoot({ sink: new MemorySink() }));
    expect(app.get(Orders, { strict: false }).ferret).toBe(ferret);
  });

  it('refuses options while the application is created', async () => {
    await expect(context(FerretModule.forRoot({ batchSize: 0 }))).rejects.toThrow(/batchSize/);
  });

  it('closes an instance that it made with the application, and only flushes another', async () => {
    const sinks = [new MemorySink(), new MemorySink()] as const;
    const given = createFerret({ sink: sinks[1] });
    const own = await context(FerretModule.forRoot({ sink: sinks[0] }));
    const other = await context(FerretModule.forRoot(given));
    own.ferret.measure('a', () => {});
    given.measure('b', () => {});
    await own.app.close();
    await other.app.close();
    expect([sinks[0].spans.length, sinks[1].spans.length]).toEqual([1, 1]);
    own.ferret.measure('late', () => {});
    given.measure('late', () => {});
    expect(own.ferret.stats().dropped.closed).toBe(1);
    expect(given.stats().dropped.closed).toBe(0);
    await given.close();
  });

  it('closes a shared instance for a signal when the last application that uses it shuts down', async () => {
    const given = createFerret({ sink: new MemorySink() });
    const [first, second] = [await context(FerretModule.forRoot(given)), await context(FerretModule.forRoot(given))];
    const isClosed = () => (given as Ferret & { readonly isClosed: boolean }).isClosed;
    await first.app.get(FerretModule).onApplicationShutdown('SIGTERM');
    expect(isClosed()).toBe(false);
    await second.app.get(FerretModule).onApplicationShutdown('SIGTERM');
    expect(isClosed()).toBe(true);
  });

  it('waits for a limited time for the store of an instance that stays open', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const given = createFerret({ sink: { write: () => released, close: () => Promise.resolve() } });
    const { app } = await context(FerretModule.forRoot(given));
    given.measure('a', () => {});
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const shutdown = app.get(FerretModule).onApplicationShutdown();
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();
    await expect(shutdown).resolves.toBeUndefined();
    expect(given.stats().stored).toBe(0);
    release();
    await given.close();
  });

  it('shuts down without an error when the store fails', async () => {
    const { app, ferret } = await context(
      FerretModule.forRoot({
        onDiagnostic: () => {},
        sink: {
          write: () => Promise.reject(new Error('gone')),
          close: () => Promise.reject(new Error('gone too')),
        },
      }),
    );
    ferret.measure('a', () => {});
    await expect(app.close()).resolves.toBeUndefined();
  });
});
