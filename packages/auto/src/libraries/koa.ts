import type { IncomingMessage } from 'node:http';
import { routeOf, watch } from '@ferretjs/koa/routes';
import type { Library } from '../library.js';
import { findRoutesOf } from '../routes.js';
import { wrapMethod } from '../wrap-method.js';

type Context = Parameters<typeof watch>[0];

/** The context of a request in the application that the server called; inner applications make others. */
const contexts = new WeakMap<IncomingMessage, Context>();

/** Routes and exceptions of Koa, by the contexts that it makes. */
export const koa: Library = {
  name: 'koa',
  ways: [{ how: 'hook', package: 'koa', versions: '>=2.1 <4', file: 'lib/application.js', patch }],
};

function patch(application: unknown): void {
  if (typeof application !== 'function') throw new TypeError('lib/application.js does not export a class.');
  const isWrapped = wrapMethod(
    application.prototype as object,
    'createContext',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const context = original.apply(this, args);
        meet(args[0] as IncomingMessage, context as Context);
        return context;
      },
  );
  if (!isWrapped) throw new TypeError('createContext cannot be replaced.');
  findRoutesOf('koa', (request) => {
    const context = contexts.get(request);
    return context && routeOf(context);
  });
}

function meet(request: IncomingMessage, context: Context): void {
  try {
    if (!contexts.has(request)) contexts.set(request, context);
    watch(context);
  } catch {
    // The context has no request of Node's.
  }
}
