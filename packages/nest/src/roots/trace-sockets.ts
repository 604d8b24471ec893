import type { Ferret, Span } from '@ferretjs/core';
import { processWide, withSpan } from '@ferretjs/core/adapter';
import { isCold, traceObservable } from '../trace-observable.js';
import { addMessageRoot } from './message-roots.js';
import { nameOfPattern } from './name-of-pattern.js';
import { watchWebSocketExceptions } from './watch-message-exceptions.js';

/** The parts of a WebSocket adapter and of Nest's configuration that are used here. */
interface Adapter {
  bindMessageHandlers?(client: unknown, handlers: readonly MessageHandler[], ...more: unknown[]): unknown;
}
interface MessageHandler {
  readonly message: unknown;
  readonly callback: (...args: unknown[]) => unknown;
}
interface Configuration {
  getIoAdapter?(): object | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: Nest's type of it is that of another package
  setIoAdapter(adapter: any): void;
}

const traced = processWide('nest.sockets', () => new WeakSet<object>());

/**
 * Makes a span of each message that a gateway of the application handles, with a trace of its own.
 *
 * @param ferret returns the application's Ferret
 */
export function traceSockets(config: Configuration, ferret: () => Ferret | undefined): void {
  const { setIoAdapter } = config;
  config.setIoAdapter = (adapter: unknown) => {
    traceAdapter(adapter, ferret);
    return setIoAdapter.call(config, adapter);
  };
  // Nest's default one, or that of an application that loads this module late.
  traceAdapter(config.getIoAdapter?.(), ferret);
}

function traceAdapter(adapter: unknown, ferret: () => Ferret | undefined): void {
  try {
    const { bindMessageHandlers } = adapter as Adapter;
    if (typeof bindMessageHandlers !== 'function' || traced.has(adapter as object)) return;
    traced.add(adapter as object);
    (adapter as Adapter).bindMessageHandlers = function (this: unknown, client, handlers, ...more) {
      return bindMessageHandlers.call(this, client, traceHandlers(handlers, ferret), ...more);
    };
  } catch {
    // An adapter that is frozen, or none.
  }
}

function traceHandlers(handlers: readonly MessageHandler[], ferret: () => Ferret | undefined) {
  try {
    watchWebSocketExceptions();
    return handlers.map((handler) => traceHandler(handler, ferret));
  } catch {
    return handlers; // They have another shape.
  }
}

function traceHandler(handler: MessageHandler, ferret: () => Ferret | undefined): MessageHandler {
  const { message, callback } = handler;
  const name = nameOfPattern(message);
  const start = () => {
    // The connection's own request may be current: it would get a trace without end.
    const span = ferret()?.start(name === undefined ? 'ws' : `ws ${name}`, {
      kind: 'server',
      parent: null,
      attributes: { 'nestjs.type': 'ws' },
    });
    if (span !== undefined) addMessageRoot(span);
    return span;
  };
  return {
    ...handler,
    callback(this: unknown, ...args) {
      const span = start();
      if (span === undefined) return callback.apply(this, args);
      try {
        return follow(
          span,
          withSpan(span, Reflect.apply as (...args: unknown[]) => unknown, callback, this, args),
          start,
        );
      } catch (error) {
        span.recordError(error);
        span.end();
        throw error;
      }
    },
  };
}

/** Nest's callbacks return promises, often of an observable with the answers. */
function follow(span: Span, result: unknown, start: () => Span | undefined): unknown {
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then(
    (value) => {
      if (isCold(value)) return traceObservable(value, span, () => start() ?? span);
      span.end();
      return value;
    },
    (error) => {
      span.recordError(error);
      span.end();
      throw error;
    },
  );
}
