// A Nest application as users write it, but for the decorators, which JavaScript has no syntax for yet. The environment
// says which version, on which platform, and how it behaves at its end.

import { createRequire } from 'node:module';

const from = process.env.NEST === '11' ? '../../versions/nest-11/package.json' : '../package.json';
const require = createRequire(new URL(from, import.meta.url));
const load = async (name) => (process.env.NEST === '11' ? require(name) : import(name));

const { Controller, Get, Injectable, Inject, Module, Param, VersioningType } = await load('@nestjs/common');
const { NestFactory } = await load('@nestjs/core');
const { FerretModule, Measure } = await load('@ferretjs/nest');
const adapter =
  process.env.PLATFORM === 'fastify'
    ? new (await load('@nestjs/platform-fastify')).FastifyAdapter()
    : new (await load('@nestjs/platform-express')).ExpressAdapter();

/** `@decorator` before a method. */
function decorate(target, key, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, key);
  for (const decorator of decorators) decorator(target.prototype, key, descriptor);
  Object.defineProperty(target.prototype, key, descriptor);
}

class Users {
  async find(id) {
    await Promise.resolve();
    return { id };
  }
}
Injectable()(Users);
decorate(Users, 'find', Measure('SELECT user'));

class UsersController {
  constructor(users) {
    this.users = users;
  }
  async slow() {
    process.send({ inFlight: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
    return 'done';
  }
  show(id) {
    return this.users.find(id);
  }
}
Controller('t/:tenant/users')(UsersController);
Inject(Users)(UsersController, undefined, 0);
decorate(UsersController, 'slow', Get('slow'));
Param('id')(UsersController.prototype, 'show', 0);
decorate(UsersController, 'show', Get(':id'));

class AppModule {}
Module({
  imports: [FerretModule.forRoot(JSON.parse(process.env.OPTIONS ?? '{}'))],
  controllers: [UsersController],
  providers: [Users],
})(AppModule);

const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
if (process.env.END === 'signal') app.enableShutdownHooks();
if (process.env.END === 'close') {
  process.once('message', async () => {
    await app.close();
    process.send({ closed: true });
    process.disconnect();
  });
}
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });
