import 'reflect-metadata';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import fastifyCompress from '@fastify/compress';
import { currentSpan, type Ferret } from '@ferretjs/core';
import * as ferret from '@ferretjs/nest';
import * as common from '@nestjs/common';
import commonPackage from '@nestjs/common/package.json' with { type: 'json' };
import * as core from '@nestjs/core';
import * as express from '@nestjs/platform-express';
import * as fastify from '@nestjs/platform-fastify';
import compression from 'compression';
import type { FastifyInstance } from 'fastify';
import * as rxjs from 'rxjs';
import {
  type Application,
  endlessStream,
  endlessWebStream,
  HEADERS,
  LARGE_TEXT,
  largeFile,
  measureWith,
  nameOf,
  type Stack,
  slowly,
} from '../stack.js';
import { lambda } from './express.js';

/** The packages of one version of Nest. */
export interface Nest {
  readonly version: string;
  readonly common: typeof common;
  readonly core: typeof core;
  readonly express: typeof express;
  readonly fastify: typeof fastify;
  readonly ferret: typeof ferret;
  readonly rxjs: typeof rxjs;
}

export const nest12: Nest = { version: commonPackage.version, common, core, express, fastify, ferret, rxjs };

const require11 = createRequire(new URL('../../../versions/nest-11/package.json', import.meta.url));

/** CommonJS, with a copy of Ferret beside it (scripts/build.mjs). */
export const nest11: Nest = {
  version: require11('@nestjs/common/package.json').version,
  common: require11('@nestjs/common'),
  core: require11('@nestjs/core'),
  express: require11('@nestjs/platform-express'),
  fastify: require11('@nestjs/platform-fastify'),
  ferret: require11('@ferretjs/nest'),
  rxjs: require11('rxjs'),
};

/** Fastify's reply has Node's own in it, and must be told to leave it alone. */
type PlatformResponse = ServerResponse & { readonly raw?: ServerResponse; hijack?(): void };

function rawOf(response: PlatformResponse): ServerResponse {
  response.hijack?.();
  return response.raw ?? response;
}

export function nestStack(nest: Nest, platform: 'Express' | 'Fastify'): Stack {
  const { Body, Controller, Get, Header, HttpCode, Module, Param, Post, Res, Sse, StreamableFile } = nest.common;
  const { concatMap, delay, from, of } = nest.rxjs;
  const build = async (instance: Ferret | undefined, adapter: core.AbstractHttpAdapter): Promise<Application> => {
    const measure = measureWith(instance);
    const nothing = (): MethodDecorator => () => {};
    const Annotate = instance === undefined ? nothing : nest.ferret.Annotate;

    @Controller('users')
    class Users {
      @Get(':id')
      show(@Param() parameters: object) {
        return parameters;
      }

      @Get(':id/boom')
      boom() {
        throw new TypeError('nested');
      }
    }

    @Controller()
    class Root {
      @Get('plain')
      plain() {
        return 'plain';
      }

      @Get('slow')
      async slow() {
        await pause(30);
        return 'slow';
      }

      @Get('stream')
      stream() {
        return new StreamableFile(Readable.from(slowly('one', 'two'), { objectMode: false }));
      }

      @Sse('events')
      events() {
        return from([{ data: 'one' }, { data: 'two' }]).pipe(concatMap((event) => of(event).pipe(delay(15))));
      }

      @Get('throws')
      throws() {
        throw new TypeError('early');
      }

      @Get('rejects')
      async rejects() {
        await Promise.resolve();
        throw new RangeError('async');
      }

      @Get('late')
      async late(@Res() response: PlatformResponse) {
        const raw = rawOf(response);
        raw.write('half');
        await pause(30);
        if (platform === 'Fastify') raw.destroy();
        throw new SyntaxError('late');
      }

      @Get('hang')
      hang() {
        return new Promise(() => {});
      }

      @Get('half')
      half(@Res() response: PlatformResponse) {
        rawOf(response).write('half');
      }

      @Get('empty')
      @HttpCode(204)
      empty() {}

      @Get('unchanged')
      @HttpCode(304)
      unchanged() {}

      @Get('missing/:id')
      @HttpCode(404)
      missing() {
        return 'no such thing';
      }

      @Post('upload')
      @HttpCode(200)
      async upload(@Body() body: object) {
        await measure('INSERT', () => Promise.resolve());
        currentSpan()?.annotate({ seen: true });
        return body;
      }

      @Get('child')
      async child() {
        await measure('outer', async () => measure('inner', () => Promise.resolve()));
        return 'child';
      }

      @Get('carts/:id')
      @Annotate((context) => ({ 'cart.id': context.switchToHttp().getRequest().params.id, tier: 2 }))
      @Annotate({ team: 'growth', tier: 1 })
      cart() {
        return 'cart';
      }
    }

    @Controller('large')
    class Large {
      @Get('text')
      text() {
        return LARGE_TEXT;
      }

      @Get('file')
      file() {
        return new StreamableFile(createReadStream(largeFile()));
      }

      @Get('web')
      web() {
        return new StreamableFile(Readable.fromWeb(endlessWebStream() as never));
      }

      @Get('iterator')
      iterator() {
        return new StreamableFile(endlessStream());
      }

      @Get('compressed')
      @Header('Content-Type', 'text/plain')
      compressed() {
        return new StreamableFile(endlessStream());
      }
    }

    @Module({ controllers: [Users] })
    class UsersModule {}

    @Module({
      imports: [
        ...(instance === undefined ? [] : [nest.ferret.FerretModule.forRoot(instance)]),
        UsersModule,
        nest.core.RouterModule.register([{ path: 'api/t/:tenant', module: UsersModule }]),
      ],
      controllers: [Root, Large],
    })
    class AppModule {}

    const app = await nest.core.NestFactory.create(AppModule, adapter, { logger: false });
    if (platform === 'Fastify') await app.getHttpAdapter().getInstance().register(fastifyCompress, { global: false });
    else app.use('/large/compressed', compression());
    app.use('/files', (request: IncomingMessage, response: ServerResponse, next: () => void) => {
      if (request.url === '/nothing') next();
      else response.end(request.url);
    });
    await app.init();
    const instanceOfPlatform = app.getHttpAdapter().getInstance();
    if (platform === 'Fastify') await instanceOfPlatform.ready();
    return {
      server: app.getHttpServer(),
      invoke: platform === 'Express' ? lambda(instanceOfPlatform) : inject(instanceOfPlatform),
      close: () => app.close(),
    };
  };
  return {
    name: `${nameOf('Nest', nest)} on ${platform}`,
    namesHandlers: true,
    // Fastify hands a mounted function to a plugin, which tells nobody.
    ...(platform === 'Express' && {
      mount: { own: '/files', below: '/files/*' },
      invokedBy: { 'url.scheme': 'https', 'server.port': 443 },
    }),
    build: (instance) =>
      build(instance, platform === 'Express' ? new nest.express.ExpressAdapter() : new nest.fastify.FastifyAdapter()),
    ...(platform === 'Fastify' && {
      buildHttp2: (instance: Ferret | undefined) => build(instance, new nest.fastify.FastifyAdapter({ http2: true })),
    }),
  };
}

function inject(fastify: FastifyInstance): (path: string) => Promise<string> {
  return async (path) => {
    const { statusCode, body } = await fastify.inject({ url: path, headers: HEADERS });
    return `${statusCode} ${body}`;
  };
}
