// A Nest application on Fastify, where no Express is installed: whoever asks for it gets what Node says then.
import { register } from 'node:module';

const refuse = `
  export async function resolve(specifier, context, next) {
    if (specifier === 'express' || specifier.startsWith('express/') || specifier === '@nestjs/platform-express') {
      throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' });
    }
    return next(specifier, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(refuse)}`);

await import('reflect-metadata');
const { createFerret, FerretModule } = await import('@ferretjs/nest');
const { MemorySink } = await import('@ferretjs/core/testing');
const { Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { FastifyAdapter } = await import('@nestjs/platform-fastify');

const sink = new MemorySink();
const ferret = createFerret({ sink });
class AppModule {}
Module({ imports: [FerretModule.forRoot(ferret)] })(AppModule);
const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
app
  .getHttpAdapter()
  .getInstance()
  .get('/raw/:id', () => 'raw');
await app.listen(0, '127.0.0.1');
await fetch(`${await app.getUrl()}/raw/1`);
await app.close();
console.log(JSON.stringify(sink.spans.map(({ name }) => name)));
await ferret.close();
