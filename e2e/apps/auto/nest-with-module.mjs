// A Nest application that has FerretModule, under @ferretjs/auto as well. METHODS is the option.
import { once } from 'node:events';
import http from 'node:http';
import { FerretModule } from '@ferretjs/nest';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

class UsersController {
  show() {
    return this.name();
  }
  name() {
    return 'ok';
  }
}
Controller('users')(UsersController);
Get()(UsersController.prototype, 'show', Object.getOwnPropertyDescriptor(UsersController.prototype, 'show'));

const methods = { false: false, only: { only: ['UsersController.name'] } }[process.env.METHODS];
class AppModule {}
Module({ imports: [FerretModule.forRoot({ methods })], controllers: [UsersController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();
const [response] = await once(http.get({ port, path: '/users', host: '127.0.0.1', agent: false }), 'response');
await once(response.resume(), 'close');
await app.close();
