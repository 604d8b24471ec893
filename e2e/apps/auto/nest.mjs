// A Nest application without a line about Ferret. NEST and PLATFORM say which.
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';

const from = process.env.NEST === '11' ? '../../../versions/nest-11/package.json' : '../../package.json';
const require = createRequire(new URL(from, import.meta.url));
const load = async (name) => (process.env.NEST === '11' ? require(name) : import(name));

const { Controller, Get, Module } = await load('@nestjs/common');
const { NestFactory } = await load('@nestjs/core');
const platform = await load(`@nestjs/platform-${process.env.PLATFORM}`);
const adapter = new (platform.FastifyAdapter ?? platform.ExpressAdapter)();

class UsersController {
  show() {
    return 'ok';
  }
  fail() {
    throw new Error('boom');
  }
}
Controller('users')(UsersController);
for (const [key, path] of [
  ['show', ':id'],
  ['fail', 'all/boom'],
]) {
  Get(path)(UsersController.prototype, key, Object.getOwnPropertyDescriptor(UsersController.prototype, key));
}

class AppModule {}
Module({ controllers: [UsersController] })(AppModule);

const app = await NestFactory.create(AppModule, adapter, { logger: false });
app.setGlobalPrefix('api');
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();
for (const path of ['/api/users/7', '/api/users/all/boom', '/api/none']) {
  const [response] = await once(http.get({ port, path, host: '127.0.0.1', agent: false }), 'response');
  await once(response.resume(), 'close');
}
await app.close();
