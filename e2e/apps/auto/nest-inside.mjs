// A Nest application of services, a gateway of jobs and a guard, without a line about Ferret. NEST says which.
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';

const from = process.env.NEST === '11' ? '../../../versions/nest-11/package.json' : '../../package.json';
const require = createRequire(new URL(from, import.meta.url));
const load = async (name) => (process.env.NEST === '11' ? require(name) : import(name));

const { Controller, Get, Inject, Injectable, Module, UseGuards } = await load('@nestjs/common');
const { NestFactory } = await load('@nestjs/core');

class UsersService {
  #prefix = 'user';
  async find(id) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return this.format(id);
  }
  format(id) {
    return `${this.#prefix} ${id}`;
  }
}
Injectable()(UsersService);

class SlowGuard {
  async canActivate() {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return true;
  }
}
Injectable()(SlowGuard);

class Jobs {
  runs = 0;
  nightly() {
    this.runs++;
  }
}
Injectable()(Jobs);
// As `@Interval('nightly', 1000)` of @nestjs/schedule has it, whose explorer would call the method.
Reflect.defineMetadata('SCHEDULER_TYPE', 3, Jobs.prototype.nightly);
Reflect.defineMetadata('SCHEDULER_NAME', 'nightly', Jobs.prototype.nightly);

class UsersController {
  constructor(users) {
    this.users = users;
  }
  show(request) {
    return this.users.find(request?.params?.id ?? 7);
  }
}
Controller('users')(UsersController);
Inject(UsersService)(UsersController, undefined, 0);
UseGuards(SlowGuard)(UsersController);
Get(':id')(UsersController.prototype, 'show', Object.getOwnPropertyDescriptor(UsersController.prototype, 'show'));

class AppModule {}
Module({ controllers: [UsersController], providers: [UsersService, Jobs] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();
const [response] = await once(http.get({ port, path: '/users/7', host: '127.0.0.1', agent: false }), 'response');
response.setEncoding('utf8');
let text = '';
for await (const part of response) text += part;
app.get(Jobs).nightly();
await app.close();
console.log(text, app.get(Jobs).runs);
