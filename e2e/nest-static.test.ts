import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { FerretModule } from '@ferretjs/nest';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServeStaticModule } from '@nestjs/serve-static';
import { afterEach, expect, it, vi } from 'vitest';
import { temporaryDirectory } from './temporary.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

function folder(): string {
  const path = temporaryDirectory();
  mkdirSync(join(path, 'deep'));
  for (const file of ['index.html', 'a.txt', 'deep/b.txt']) writeFileSync(join(path, file), file);
  return path;
}

async function namesOn(
  adapter: ExpressAdapter | FastifyAdapter,
  serveRoot: string | undefined,
  paths: readonly string[],
) {
  const sink = new MemorySink();
  const ferret: Ferret = createFerret({ sink });
  cleanUp.push(() => ferret.close());
  const options = {
    rootPath: folder(),
    serveStaticOptions: { fallthrough: true },
    ...(serveRoot !== undefined && { serveRoot }),
  };
  @Module({ imports: [FerretModule.forRoot(ferret), ServeStaticModule.forRoot(options)] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  cleanUp.push(() => app.close());
  const url = await app.getUrl();
  for (const path of paths) {
    const answer = await fetch(url + path);
    expect([path, answer.status]).toEqual([path, 200]);
    await answer.arrayBuffer();
  }
  await vi.waitFor(async () => {
    await ferret.flush();
    expect(sink.spans).toHaveLength(paths.length);
  });
  return sink.spans.map(({ name, attributes }) => [attributes['url.path'], name]);
}

/** The requested paths, and their names on each platform. */
const AT_THE_ROOT = { '/': 'GET', '/a.txt': 'GET', '/deep/b.txt': 'GET', '/not/there': 'GET' };
const BELOW_A_PATH = {
  '/static/': 'GET /static',
  '/static/a.txt': 'GET /static/*',
  '/static/deep/b.txt': 'GET /static/*',
  '/static/not/there': 'GET /static/*',
};

it.each([
  ['the root', undefined, AT_THE_ROOT],
  ['/static', '/static', BELOW_A_PATH],
])(
  'A29: static files at %s never name a request, and it is the same on both platforms',
  async (_at, serveRoot, names) => {
    const expected = Object.entries(names);
    const paths = Object.keys(names);
    expect(await namesOn(new FastifyAdapter(), serveRoot, paths)).toEqual(expected);
    expect(await namesOn(new ExpressAdapter(), serveRoot, paths)).toEqual(expected);
  },
);
