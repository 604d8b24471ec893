import 'reflect-metadata';
import type { Span } from '@ferretjs/core';
import { Controller, Get, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import { Annotate, CurrentSpan, FerretModule, Measure, NoTrace } from './index.js';
import { recorder } from './recorder.fixture.js';

/**
 * The metadata of `@MessagePattern()` and `@SubscribeMessage()`; see e2e/nest-decorators.test.ts for the real
 * decorators.
 */
const MessagePattern = (): MethodDecorator => (_target, _key, descriptor) =>
  Reflect.defineMetadata('microservices:pattern', ['a'], descriptor.value as object);
const ResolveField = (): MethodDecorator => (_target, _key, descriptor) =>
  Reflect.defineMetadata('graphql:resolve_property', true, descriptor.value as object);
const Query = (): MethodDecorator => (_target, _key, descriptor) =>
  Reflect.defineMetadata('graphql:resolver_type', 'Query', descriptor.value as object);

async function diagnosticsOf(metadata: ModuleMetadata) {
  const { ferret, diagnostics } = recorder();
  @Module({ ...metadata, imports: [FerretModule.forRoot(ferret)] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  await app.close();
  return diagnostics;
}

it('A25: names decorators in places without a request once, by class and method', async () => {
  @Annotate({ team: 'growth' })
  @Controller()
  class Mixed {
    @Get()
    page(@CurrentSpan() _span: Span | undefined) {}
    @NoTrace()
    @MessagePattern()
    message(@CurrentSpan() _span: Span | undefined) {}
  }
  @NoTrace()
  @Injectable()
  class Gateway {
    @MessagePattern()
    chat() {}
  }
  @Injectable()
  class Service {
    @Annotate({ a: 1 })
    work(@CurrentSpan() _span: Span | undefined) {}
  }
  @Injectable()
  class Fields {
    @NoTrace()
    @ResolveField()
    name(@CurrentSpan() _span: Span | undefined) {}
  }
  const diagnostics = await diagnosticsOf({ controllers: [Mixed], providers: [Gateway, Service, Fields] });
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]?.code).toBe('DECORATOR_IGNORED');
  for (const where of [
    '@NoTrace() on Mixed.message',
    '@CurrentSpan() in Service.work',
    '@NoTrace() on Fields.name',
    '@NoTrace() on Gateway',
    '@Annotate() on Service.work',
  ]) {
    expect(diagnostics[0]?.message).toContain(where);
  }
  expect(diagnostics[0]?.message).not.toContain('page');
  expect(diagnostics[0]?.message).not.toContain('in Fields');
  expect(diagnostics[0]?.message).not.toContain('in Mixed');
});

it('A25: reports nothing for request handlers, resolvers, and methods that are only measured', async () => {
  @NoTrace()
  @Annotate({ team: 'growth' })
  @Controller()
  class Pages {
    @Annotate({ a: 1 })
    @Get()
    page(@CurrentSpan() _span: Span | undefined) {}
    @Measure()
    helper() {}
  }
  @Annotate({ team: 'growth' })
  @Controller()
  class Base {
    @NoTrace()
    @Get('base')
    base() {}
  }
  @Controller('derived')
  class Derived extends Base {}
  @Injectable()
  class Resolver {
    @Annotate({ a: 1 })
    @Query()
    ask(@CurrentSpan() _span: Span | undefined) {}
  }
  const providers = [Resolver, { provide: 'VALUE', useValue: 1 }, { provide: 'MADE', useFactory: () => ({}) }];
  expect(await diagnosticsOf({ controllers: [Pages, Derived], providers })).toEqual([]);
});

it('A25: starts even if classes throw on access', async () => {
  @Injectable()
  class Odd {
    get trap(): never {
      throw new Error('not to be read');
    }
  }
  expect(await diagnosticsOf({ providers: [Odd] })).toEqual([]);
});
