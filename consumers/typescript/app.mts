import { createFerret, currentSpan, type Ferret, type FerretOptions, type Span } from '@ferretjs/core';
import { openReader } from '@ferretjs/core/reader';
import { MemorySink } from '@ferretjs/core/testing';
import { annotate, ferret, spanOf } from '@ferretjs/express';
import * as koa from '@ferretjs/koa';
import { Annotate, FerretModule, Measure, NoTrace } from '@ferretjs/nest';
import express from 'express';
import Koa from 'koa';

const options: FerretOptions = { sink: new MemorySink(), ignore: '/health' };
const instance: Ferret = createFerret(options);
const three: number = instance.measure('three', () => 3);
const later: Promise<string> = instance.measure('later', async (span: Span) => span.traceId);
const double: (value: number) => number = instance.wrap('double', (value: number) => value * 2);

const app = express();
app.use(ferret(instance));
app.get(
  '/users/:id',
  annotate((request) => ({ id: request.params.id })),
  (request, response) => {
    spanOf(request)?.annotate({ three, double: double(2) });
    response.send(currentSpan()?.traceId);
  },
);
app.use(ferret.errors());

const koaApp = new Koa();
koaApp.use(koa.ferret({ routeOf: (ctx) => ctx.path, service: 'shop' }));
koaApp.use(koa.annotate({ team: 'growth' }));

const modules = [
  FerretModule.forRoot(),
  FerretModule.forRoot(instance),
  FerretModule.forRootAsync({ useFactory: async () => options }),
];

class Service {
  @Annotate({ team: 'growth' })
  @NoTrace()
  @Measure('load')
  async load(id: string): Promise<string> {
    return id;
  }
}

export const all = [later, modules, Service, openReader('ferret.db').then((reader) => reader.runs())];
// @ts-expect-error a misspelt option
createFerret({ bachSize: 1 });
