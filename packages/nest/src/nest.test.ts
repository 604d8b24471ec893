import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFerret, currentSpan, type Ferret, type Span } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { ferret as ferretForExpress } from '@ferretjs/express';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  type INestApplication,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type ModuleMetadata,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Sse,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import express from 'express';
import { concat, of, throwError } from 'rxjs';
import supertest from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Annotate, CurrentSpan, FERRET, FerretModule, InjectFerret, Measure, NoTrace } from './index.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

/** A Ferret. `spans(count)` resolves with the stored spans, once there are `count`. */
function recorder() {
  const sink = new MemorySink();
  const instance = createFerret({ sink });
  cleanUp.push(() => instance.close());
  const spans = (count = 1) =>
    vi.waitFor(async () => {
      await instance.flush();
      expect(sink.spans.length).toBeGreaterThanOrEqual(count);
      return sink.spans;
    });
  return { instance, spans };
}

@Controller('users')
class Users {
  @Get(':id')
  show() {
    return 'fine';
  }
}

const platforms = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(platforms))('Nest on %s', (platform, adapter) => {
  const isExpress = platform === 'Express';

  /** An application that listens, with its stored spans. */
  async function start(metadata: ModuleMetadata, configure: (app: INestApplication) => void = () => {}) {
    const { instance, spans } = recorder();
    @Module({ ...metadata, imports: [FerretModule.forRoot(instance), ...(metadata.imports ?? [])] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, adapter(), { logger: false, forceCloseConnections: true });
    configure(app);
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    const url: string = await app.getUrl();
    const span = async () => (await spans())[0];
    return { app, instance, url, spans, span, get: (path: string) => supertest(url).get(path) };
  }

  describe('the route template', () => {
    it('has the global prefix, the version, the path of the module, the controller and the handler', async () => {
      @Controller({ path: 'users/:user', version: '2' })
      class Users {
        @Get('carts/:cart')
        show() {
          return { ok: true };
        }
      }
      @Module({ controllers: [Users] })
      class UsersModule {}
      const { get, span } = await start(
        { imports: [UsersModule, RouterModule.register([{ path: 'admin/:zone', module: UsersModule }])] },
        (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
      );
      await get('/api/v2/admin/eu/users/7/carts/9?x=1').expect(200, { ok: true });
      expect(await span()).toMatchObject({
        name: 'GET /api/v2/admin/:zone/users/:user/carts/:cart',
        outcome: 'ok',
        attributes: { 'code.function.name': 'Users.show' },
      });
    });

    it('is absent if no route matched below a prefix, or none with the method', async () => {
      @Controller()
      class Root {
        @Get('health')
        health() {}
        @Get('users')
        users() {}
      }
      const { url, get, spans } = await start({ controllers: [Root] }, (app) =>
        app.setGlobalPrefix('api', { exclude: ['health'] }),
      );
      await get('/api/nothing/here').expect(404);
      await supertest(url).post('/health').expect(404);
      await get('/api/users').expect(200);
      const seen = (await spans(3)).map(({ name, httpStatusCode }) => [name, httpStatusCode]);
      expect(seen).toEqual([
        ['GET', 404],
        ['POST', 404],
        ['GET /api/users', 200],
      ]);
    });

    it('is absent if no route matched, and present if a guard, a pipe, a handler or a filter answered', async () => {
      @Injectable()
      class Never {
        canActivate() {
          return false;
        }
      }
      @Catch(RangeError)
      class Teapot implements ExceptionFilter {
        catch(_error: RangeError, host: ArgumentsHost) {
          const response = host.switchToHttp().getResponse();
          if (isExpress) response.status(418).send('short and stout');
          else response.code(418).send('short and stout');
        }
      }
      @Injectable()
      class LoggedIn {
        canActivate(): boolean {
          throw new UnauthorizedException();
        }
      }
      @Catch(UnauthorizedException)
      class ToLogin implements ExceptionFilter {
        catch(_error: UnauthorizedException, host: ArgumentsHost) {
          const response = host.switchToHttp().getResponse();
          if (isExpress) response.redirect('/login');
          else response.redirect('/login', 302);
        }
      }
      @Controller('things')
      class Things {
        @Get('mine/:id')
        @UseGuards(new LoggedIn())
        @UseFilters(new ToLogin())
        mine() {}

        @Get('guarded/:id')
        @UseGuards(new Never())
        guarded() {}

        @Get('piped/:id')
        piped(@Param('id', ParseIntPipe) id: number) {
          return id;
        }

        @Get('missing/:id')
        missing() {
          throw new NotFoundException();
        }

        @Get('filtered/:id')
        @UseFilters(new Teapot())
        filtered() {
          throw new RangeError('coffee');
        }

        @Get('broken/:id')
        async broken() {
          throw new TypeError('boom');
        }
      }
      const { get, spans } = await start({ controllers: [Things] });
      await get('/nothing/here').expect(404);
      await get('/things/guarded/1').expect(403);
      await get('/things/piped/x').expect(400);
      await get('/things/missing/1').expect(404);
      await get('/things/filtered/1').expect(418, 'short and stout');
      await get('/things/broken/1').expect(500);
      await get('/things/mine/1').expect(302);
      const seen = (await spans(7)).map(({ name, httpStatusCode, outcome, attributes }) => [
        name,
        httpStatusCode,
        outcome,
        attributes['code.function.name'],
        attributes['exception.type'],
      ]);
      expect(seen).toEqual([
        ['GET', 404, 'ok', undefined, undefined],
        ['GET /things/guarded/:id', 403, 'ok', 'Things.guarded', 'ForbiddenException'],
        ['GET /things/piped/:id', 400, 'ok', 'Things.piped', 'BadRequestException'],
        ['GET /things/missing/:id', 404, 'ok', 'Things.missing', 'NotFoundException'],
        ['GET /things/filtered/:id', 418, 'ok', 'Things.filtered', 'RangeError'],
        ['GET /things/broken/:id', 500, 'error', 'Things.broken', 'TypeError'],
        ['GET /things/mine/:id', 302, 'ok', 'Things.mine', 'UnauthorizedException'],
      ]);
    });
  });

  it('records responses before a handler: of a parser, of middleware, to a malformed URL', async () => {
    @Controller()
    class Root {
      @Post('echo')
      echo(@Body() body: unknown) {
        return body;
      }
    }
    @Module({ controllers: [Root] })
    class RootModule {
      configure(consumer: MiddlewareConsumer) {
        consumer
          .apply((_request: IncomingMessage, response: { writeHead(status: number): void; end(): void }) => {
            response.writeHead(401);
            response.end();
          })
          .forRoutes('closed')
          .apply(() => {
            throw new RangeError('too far');
          })
          .forRoutes('failing');
      }
    }
    const { url, get, spans } = await start({ imports: [RootModule] });
    await supertest(url).post('/echo').set('content-type', 'application/json').send('{broken').expect(400);
    await get('/closed').expect(401);
    await get('/failing').expect(500);
    // Fastify refuses this URL; Express has no route to decode it for.
    const malformed = await get('/%E0%A4%A');
    expect([400, 404]).toContain(malformed.status);
    const seen = (await spans(4)).map(({ name, httpStatusCode, attributes }) => [
      name,
      httpStatusCode,
      attributes['exception.type'],
    ]);
    expect(seen.map(([name, status]) => [name, status])).toEqual([
      ['POST', 400],
      ['GET', 401],
      ['GET', 500],
      ['GET', malformed.status],
    ]);
    expect(seen[2]?.slice(1)).toEqual([500, 'RangeError']);
  });

  it('annotates: a handler overrides its controller, an upper decorator a lower one, also by functions', async () => {
    @Annotate({ team: 'platform', tier: 1, area: 'shop' })
    class Base {}
    @Annotate({ tier: 2 })
    @Controller('carts')
    class Carts extends Base {
      @Annotate({ team: 'growth' })
      @Annotate((context) => ({ team: 'lower', 'cart.id': context.switchToHttp().getRequest().params.id }))
      @Annotate(() => {
        throw new Error('a mistake');
      })
      @Get(':id')
      show(@CurrentSpan() span: Span | undefined) {
        span?.annotate({ same: span === currentSpan() });
        return 'fine';
      }
    }
    const { get, span } = await start({ controllers: [Carts] });
    await get('/carts/7').expect(200, 'fine');
    expect((await span())?.attributes).toMatchObject({
      team: 'growth',
      tier: 2,
      area: 'shop',
      'cart.id': '7',
      same: true,
      'ferret.annotate_error': 'Error: a mistake',
    });
  });

  it('leaves out handlers with @NoTrace(), the spans below them, and requests that a guard refuses', async () => {
    @Injectable()
    class Never {
      canActivate() {
        return false;
      }
    }
    @NoTrace()
    @Controller('health')
    class Health {
      constructor(@InjectFerret() readonly ferret: Ferret) {}
      @Get()
      check() {
        return this.ferret.measure('ping', () => 'up');
      }
      @Get('secret')
      @UseGuards(new Never())
      secret() {}
    }
    @Controller()
    class Mixed {
      @NoTrace()
      @Get('untraced')
      untraced() {}
      @Get('traced')
      traced() {}
    }
    const { get, spans, instance } = await start({ controllers: [Health, Mixed] });
    await get('/health').expect(200, 'up');
    await get('/health/secret').expect(403);
    await get('/untraced');
    await get('/traced');
    expect((await spans()).map(({ name }) => name)).toEqual(['GET /traced']);
    expect(instance.stats().started).toBe(1);
  });

  it('A26: leaves out spans of middleware in a request whose handler has @NoTrace()', async () => {
    @Injectable()
    class Service {
      @Measure()
      async look() {
        await Promise.resolve();
      }
    }
    @Injectable()
    class Looking {
      constructor(@Inject(Service) readonly service: Service) {}
      async use(_request: unknown, _response: unknown, next: () => void) {
        await this.service.look();
        next();
      }
    }
    @Controller()
    class Mixed {
      @NoTrace()
      @Get('quiet')
      quiet() {}
      @Get('loud')
      loud() {}
    }
    @Module({ controllers: [Mixed], providers: [Service] })
    class MixedModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(Looking).forRoutes('{*all}');
      }
    }
    const { get, spans, instance } = await start({ imports: [MixedModule] });
    await get('/quiet').expect(200);
    await get('/loud').expect(200);
    expect((await spans(2)).map(({ name }) => name)).toEqual(['Service.look', 'GET /loud']);
    expect(instance.stats()).toMatchObject({ started: 2, stored: 2, pending: 0 });
  });

  it("describes requests that the application's global guards refuse, wherever they are provided", async () => {
    @Injectable()
    class Never {
      canActivate() {
        return false;
      }
    }
    @Annotate({ team: 'growth' })
    @Controller('carts')
    class Carts {
      @Get(':id')
      show() {}
      @NoTrace()
      @Get(':id/ping')
      ping() {}
    }
    const providers = [{ provide: APP_GUARD, useClass: Never }];
    @Module({ providers })
    class Security {}
    const { get, spans, instance } = await start({ controllers: [Carts], imports: [Security], providers }, (app) =>
      app.useGlobalGuards(new Never()),
    );
    await get('/carts/7/ping').expect(403);
    await get('/carts/7').expect(403);
    expect(await spans()).toMatchObject([
      {
        name: 'GET /carts/:id',
        httpStatusCode: 403,
        attributes: { 'code.function.name': 'Carts.show', team: 'growth' },
      },
    ]);
    expect(instance.stats().started).toBe(1);
  });

  it('keeps the current span through middleware, a body in pieces, and @Measure in a provider', async () => {
    @Injectable()
    class Orders {
      @Measure('INSERT order')
      async insert(order: object) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return order;
      }
    }
    @Controller('orders')
    class OrdersController {
      constructor(@Inject(Orders) readonly orders: Orders) {}
      @Post()
      @HttpCode(200)
      create(@Body() order: object) {
        return this.orders.insert(order);
      }
    }
    const { app, spans } = await start({ controllers: [OrdersController], providers: [Orders] });
    const { port } = app.getHttpServer().address() as AddressInfo;
    const requests = [1, 2].map(async (round) => {
      const request = httpRequest({
        port,
        path: '/orders',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      for (const piece of ['{"a"', ':', `${round}}`]) {
        request.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
    });
    await Promise.all(requests);
    const stored = await spans(4);
    const roots = stored.filter(({ kind }) => kind === 'server');
    const children = stored.filter(({ kind }) => kind === 'internal');
    expect(roots.map(({ name }) => name)).toEqual(['POST /orders', 'POST /orders']);
    expect(new Set(children.map(({ parentId }) => parentId))).toEqual(new Set(roots.map(({ spanId }) => spanId)));
  });

  it('follows server-sent events until they end or fail', async () => {
    @Controller()
    class Events {
      @Sse('events')
      events() {
        return of({ data: 'one' }, { data: 'two' });
      }
      @Sse('broken')
      broken() {
        return throwError(() => new TypeError('no more'));
      }
      @Sse('half')
      half() {
        return concat(of({ data: 'one' }), this.broken());
      }
    }
    const { get, spans } = await start({ controllers: [Events] });
    const answer = await get('/events').expect(200);
    expect(answer.text).toContain('data: two');
    expect((await spans())[0]).toMatchObject({ name: 'GET /events', outcome: 'ok' });
    await get('/broken').expect(500);
    const broken = await get('/half').expect(200);
    expect(broken.text).toContain('event: error');
    const exception = { 'exception.type': 'TypeError', 'exception.message': 'no more' };
    expect((await spans(3)).slice(1)).toMatchObject([
      { name: 'GET /broken', httpStatusCode: 500, outcome: 'error', errorType: '500', attributes: exception },
      { name: 'GET /half', httpStatusCode: 200, outcome: 'error', errorType: 'TypeError', attributes: exception },
    ]);
  });

  it('writes one row for a request to an inner Express application that has Ferret as well', async () => {
    const { app, get, spans, instance } = await start({}, (app) => {
      const admin = express();
      admin.use(ferretForExpress(app.get<Ferret>(FERRET)));
      admin.get('/users/:id', (request, response) => void response.send(request.params.id));
      app.use('/admin', admin);
    });
    await get('/admin/users/7').expect(200, '7');
    expect((await spans()).map(({ name }) => name)).toEqual([isExpress ? 'GET /admin/users/:id' : 'GET']);
    expect(instance.stats().started).toBe(1);
    expect(app).toBeDefined();
  });

  it('works in a testing module, whose adapter arrives late', async () => {
    const { instance, spans } = recorder();
    const module = await Test.createTestingModule({
      imports: [FerretModule.forRoot(instance)],
      controllers: [Users],
    }).compile();
    const app = module.createNestApplication(adapter());
    await app.init();
    if (!isExpress) await app.getHttpAdapter().getInstance().ready();
    cleanUp.push(() => app.close());
    const { get, post } = supertest(app.getHttpServer());
    await get('/users/1').expect(200, 'fine');
    await post('/users').set('content-type', 'application/json').send('{bad').expect(400);
    expect((await spans(2)).map(({ name, httpStatusCode }) => [name, httpStatusCode])).toEqual([
      ['GET /users/:id', 200],
      ['POST', 400],
    ]);
  });
});

it('traces requests that Fastify receives without a server', async () => {
  const { instance, spans } = recorder();
  @Module({ imports: [FerretModule.forRoot(instance)], controllers: [Users] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
  await app.init();
  cleanUp.push(() => app.close());
  const answer = await app.getHttpAdapter().getInstance().inject({ url: '/users/1' });
  expect(answer.payload).toBe('fine');
  expect(await spans()).toMatchObject([{ name: 'GET /users/:id', outcome: 'ok', httpStatusCode: 200 }]);
});
