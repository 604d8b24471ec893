import 'reflect-metadata';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type NestMiddleware,
  Param,
  ParseIntPipe,
  type PipeTransform,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { FerretModule } from './index.js';
import { cleanUp, PLATFORMS, recorder } from './recorder.fixture.js';

/** Keeps the event loop busy. */
function work(millis: number): void {
  const end = performance.now() + millis;
  while (performance.now() < end);
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

describe.each(Object.entries(PLATFORMS))('methods: true on %s', (_platform, adapter) => {
  it('makes spans of guards, pipes, interceptors, filters and middleware that take long', async () => {
    @Injectable()
    class SlowGuard implements CanActivate {
      async canActivate() {
        await pause();
        return true;
      }
    }
    @Injectable()
    class AppGuard implements CanActivate {
      canActivate() {
        work(2);
        return true;
      }
    }
    @Injectable()
    class QuickGuard implements CanActivate {
      canActivate() {
        return true;
      }
    }
    @Injectable()
    class SlowPipe implements PipeTransform {
      transform(value: unknown) {
        work(2);
        return value;
      }
    }
    @Injectable()
    class SlowInterceptor implements NestInterceptor {
      async intercept(_context: ExecutionContext, next: CallHandler) {
        await pause();
        return next.handle();
      }
    }
    @Catch(RangeError)
    class SlowFilter implements ExceptionFilter {
      catch(_error: RangeError, host: ArgumentsHost) {
        work(2);
        const response = host.switchToHttp().getResponse();
        (response.raw ?? response).writeHead(418).end('teapot');
      }
    }
    @Injectable()
    class SlowMiddleware implements NestMiddleware {
      use(_request: unknown, _response: unknown, next: () => void) {
        setTimeout(next, 5);
      }
    }
    @Injectable()
    class QuickMiddleware implements NestMiddleware {
      use(_request: unknown, _response: unknown, next: () => void) {
        next();
      }
    }
    @UseGuards(SlowGuard, QuickGuard)
    @UseInterceptors(SlowInterceptor)
    @UseFilters(SlowFilter)
    @Controller('users')
    class Users {
      @Get(':id')
      show(@Param('id', SlowPipe, ParseIntPipe) id: number) {
        if (id === 0) throw new RangeError('no');
        return { id };
      }
    }
    const { ferret, spans } = recorder();
    @Module({
      imports: [FerretModule.forRoot(ferret, { methods: true })],
      controllers: [Users],
      providers: [{ provide: APP_GUARD, useClass: AppGuard }],
    })
    class AppModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(SlowMiddleware, QuickMiddleware).exclude('none').forRoutes('users/*id');
      }
    }
    const app = await NestFactory.create(AppModule, adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    const { get } = supertest(app.getHttpServer());
    await get('/users/7').expect(200, { id: 7 });
    await get('/users/0').expect(418, 'teapot');
    const all = await spans(15);
    // A machine that is busy may make any of them slow.
    const isQuick = ({ name }: { readonly name: string }) => /^(Quick|ParseInt)/.test(name);
    expect(all.filter(isQuick).length).toBeLessThan(5);
    const recorded = all.filter((span) => !isQuick(span));
    const common = [
      'SlowMiddleware.use',
      'AppGuard.canActivate',
      'SlowGuard.canActivate',
      'SlowInterceptor.intercept',
      'SlowPipe.transform',
      'Users.show',
    ];
    expect(recorded.map(({ name }) => name)).toEqual([
      ...common,
      'GET /users/:id',
      ...common,
      'SlowFilter.catch',
      'GET /users/:id',
    ]);
    const root = recorded[6];
    expect(new Set(recorded.slice(0, 6).map(({ parentId }) => parentId))).toEqual(new Set([root?.spanId]));
    expect(recorded.slice(0, 5).every(({ durationNanos }) => durationNanos >= 1e6)).toBe(true);
  });
});
