import 'reflect-metadata';
import { Injectable, type ModuleMetadata, SetMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Observable, of, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { FerretModule, type FerretModuleOptions } from './index.js';
import { cleanUp, recorder } from './recorder.fixture.js';
import { type ContainerLike, watchContainer, watchProviders } from './watch-container.js';

/** The classes of `@nestjs/core` that are watched, without what they do. */
const consumers = () => ({
  ...{ GuardsConsumer: class {}, PipesConsumer: class {}, InterceptorsConsumer: class {}, MiddlewareModule: class {} },
});

type Begin = (transport: unknown, context: object, done: () => unknown) => unknown;
type Finish = (transport: unknown, context: object) => void;
type Handler = { readonly message: unknown; readonly callback: () => unknown };

/** An application that has started, with its container, which is watched. */
async function start(metadata: ModuleMetadata, methods?: FerretModuleOptions['methods'], packages: unknown[] = []) {
  const { ferret, sink } = recorder();
  const imports = [FerretModule.forRoot(ferret, methods === undefined ? {} : { methods })];
  const testing = await Test.createTestingModule({ ...metadata, imports }).compile();
  const app = testing.createNestApplication();
  cleanUp.push(() => app.close());
  await app.init();
  const container = Reflect.get(app, 'container') as ContainerLike;
  watchContainer(container, { ...consumers(), packages });
  const names = async (work: () => unknown) => {
    const before = sink.spans.length;
    await work();
    await ferret.flush();
    return sink.spans.slice(before).map(({ name }) => name);
  };
  return { app, ferret, container, names };
}

describe('watchContainer', () => {
  it('records methods of the providers, and not those that packages export', async () => {
    @Injectable()
    class Orders {
      find() {
        return 'found';
      }
    }
    @Injectable()
    class OfPackage {
      find() {
        return 'found';
      }
    }
    const { app, ferret, names } = await start({ providers: [Orders, OfPackage] }, undefined, [{ OfPackage }, null, 7]);
    const recorded = await names(() =>
      ferret.measure('root', () => [app.get(Orders).find(), app.get(OfPackage).find()]),
    );
    expect(recorded).toEqual(['Orders.find', 'root']);
  });

  it('keeps to the selection of the FerretModule', async () => {
    @Injectable()
    class Quiet {
      find() {}
      save() {}
    }
    const { app, ferret, names, container } = await start({ providers: [Quiet] }, { only: ['Quiet.save'] });
    watchProviders(container);
    const work = () => [app.get(Quiet).find(), app.get(Quiet).save()];
    expect(await names(() => ferret.measure('root', work))).toEqual(['Quiet.save', 'root']);
  });

  it('records jobs as roots, once however often it is called', async () => {
    @Injectable()
    class Jobs {
      @SetMetadata('SCHEDULER_TYPE', 3)
      poll() {
        return 'polled';
      }
    }
    const { app, container, names } = await start({ providers: [Jobs] });
    watchContainer(container, { ...consumers(), packages: [] });
    expect(await names(() => app.get(Jobs).poll())).toEqual(['interval Jobs.poll']);
  });

  it('records messages of gateways and of microservices, once however often it is called', async () => {
    const { names } = await start({});
    const setIoAdapter = vi.fn();
    const config = { setIoAdapter };
    const servers = new Subject<unknown>();
    const modules = Object.assign(new Map(), { getRpcTargetRegistry: () => servers });
    const container: ContainerLike = { getModules: () => modules, applicationConfig: config };
    for (let i = 0; i < 2; i++) watchContainer(container, { ...consumers(), packages: [] });

    const adapter = { bindMessageHandlers: (_client: unknown, [handler]: Handler[]) => handler };
    container.applicationConfig?.setIoAdapter(adapter);
    const handler = adapter.bindMessageHandlers('client', [{ message: 'hello', callback: () => 'hi' }]);
    expect(await names(() => expect(handler?.callback()).toBe('hi'))).toEqual(['ws hello']);
    expect(setIoAdapter).toHaveBeenCalledExactlyOnceWith(adapter);

    const server = {
      begin: ((_transport, _context, done) => done()) as Begin,
      finish: (() => {}) as Finish,
      setOnProcessingStartHook(hook: Begin) {
        server.begin = hook;
      },
      setOnProcessingEndHook(hook: Finish) {
        server.finish = hook;
      },
    };
    servers.next(server);
    const message = {};
    const handled = await names(() => {
      expect(server.begin(0, message, () => 8)).toBe(8);
      server.finish(0, message);
    });
    expect(handled).toEqual(['rpc']);
  });

  it('takes containers without a configuration or a registry of servers', () => {
    const modules = new Map();
    const container: ContainerLike = { getModules: () => modules };
    expect(() => watchContainer(container, { ...consumers(), packages: [] })).not.toThrow();
    expect(() => watchProviders(container)).not.toThrow();
  });
});

describe('watchProviders', () => {
  it('records what factories have made meanwhile: methods, jobs and clients', async () => {
    @Injectable()
    class Made {
      find() {}
      @SetMetadata('SCHEDULER_TYPE', 2)
      begin() {}
    }
    class Client {
      createObserver() {}
      send() {
        return new Observable((subscriber) => of(1).subscribe(subscriber));
      }
    }
    const { ferret, container, names } = await start({});
    const instances = [new Made(), new Client()] as const;
    const providers = new Map(instances.map((instance, key) => [key, { inject: [], metatype: () => {}, instance }]));
    const made = { metatype: class App {}, controllers: new Map(), providers };
    const modules = new Map([...container.getModules(), ['made', made]]);
    watchProviders({ getModules: () => modules as ReturnType<ContainerLike['getModules']> });
    const [object, client] = instances;
    const recorded = await names(async () => {
      object.begin();
      await ferret.measure('root', () => {
        object.find();
        (client.send as (pattern: string) => Observable<unknown>).call(client, 'double').subscribe();
      });
    });
    expect(recorded).toEqual(['timeout Made.begin', 'Made.find', 'rpc double', 'root']);
  });
});
