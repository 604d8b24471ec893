// Decorators applied by hand: this is plain JavaScript.
import { loadNest } from './load-nest.mjs';
import { route, userOf } from './routes.mjs';

await loadNest('reflect-metadata');
const { Controller, Get, Module, Param } = await loadNest('@nestjs/common');
const { NestFactory } = await loadNest('@nestjs/core');

/** The Nest app under test, on its default platform (Express). `module` is under test: the root module imports it. */
export async function listen({ routes, module }) {
  class UsersController {}
  const { prototype } = UsersController;
  for (let index = 0; index < routes; index++) {
    const method = `find${index}`;
    prototype[method] = (id) => userOf(id);
    Param('id')(prototype, method, 0);
    Get(route(index))(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
  }
  Controller()(UsersController);
  class AppModule {}
  Module({ imports: module ? [module] : [], controllers: [UsersController] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0);
  return app.getHttpServer();
}
