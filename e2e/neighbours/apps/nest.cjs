// Nest in plain JavaScript: decorators are functions, applied by hand.
exports.build = async ({ load, answers, ferret, currentSpan, measure, neighbour }) => {
  await load('reflect-metadata');
  const { Body, Controller, Get, HttpCode, Module, Param, Post, Req, Res, StreamableFile } =
    await load('@nestjs/common');
  const { NestFactory, RouterModule } = await load('@nestjs/core');
  const isFastify = process.env.PLATFORM === 'fastify';
  const rawOf = (response) => {
    response.hijack?.();
    return response.raw ?? response;
  };

  class Users {
    async show(parameters) {
      const found = await measure('SELECT user', async () => parameters);
      currentSpan()?.annotate({ seen: true });
      return { parameters: found };
    }

    boom() {
      throw new TypeError('nested');
    }
  }
  Controller('users')(Users);
  decorate(Users, 'show', [Get(':id')], [Param()]);
  decorate(Users, 'boom', [Get(':id/boom')]);

  class Root {
    plain() {
      return 'plain';
    }

    async rejects() {
      await Promise.resolve();
      throw new RangeError('async');
    }

    stream() {
      return new StreamableFile(answers.stream());
    }

    endless(response) {
      const raw = rawOf(response);
      answers.watch(raw);
      const body = answers.endless();
      raw.once('close', () => body.destroy());
      body.pipe(raw);
    }

    echo(body) {
      return body;
    }

    seen(request) {
      return { now: answers.seen(request, ['route', 'params']) };
    }

    last() {
      return 'last';
    }
  }
  Controller()(Root);
  decorate(Root, 'plain', [Get('plain')]);
  decorate(Root, 'rejects', [Get('rejects')]);
  decorate(Root, 'stream', [Get('stream')]);
  decorate(Root, 'endless', [Get('endless')], [Res()]);
  decorate(Root, 'echo', [Post('echo'), HttpCode(200)], [Body()]);
  decorate(Root, 'seen', [Get('seen')], [Req()]);
  decorate(Root, 'last', [Get('last')]);

  class UsersModule {}
  Module({ controllers: [Users] })(UsersModule);
  class AppModule {}
  Module({
    imports: [
      ...(ferret === undefined ? [] : [ferret.FerretModule.forRoot()]),
      UsersModule,
      RouterModule.register([{ path: 'api/t/:tenant', module: UsersModule }]),
    ],
    controllers: [Root],
  })(AppModule);

  const platform = await load(`@nestjs/platform-${isFastify ? 'fastify' : 'express'}`);
  const adapter = isFastify ? new platform.FastifyAdapter() : new platform.ExpressAdapter();
  const app = await NestFactory.create(AppModule, adapter, { logger: false });
  app.use('/static', (request, response) => response.end(`a file: ${request.url}`));
  await neighbour.nest?.(app, process.env.PLATFORM);
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer();
};

function decorate(type, name, decorators, parameters = []) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
  for (const decorator of decorators) decorator(type.prototype, name, descriptor);
  for (const [index, decorator] of parameters.entries()) decorator(type.prototype, name, index);
}
