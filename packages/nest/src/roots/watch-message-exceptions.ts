import { loadedPackage } from '../methods/framework-modules.js';
import { messageFailed } from './message-roots.js';

/** A global symbol, so that both builds of this package, CommonJS and ES module, recognise each other's mark. */
const WATCHED = Symbol.for('ferretjs.nest.watched');

type Handle = (this: unknown, exception: unknown, ...more: unknown[]) => unknown;

/** Records exceptions of message handlers, their guards and pipes: Nest hands all of them to this class. */
export function watchRpcExceptions(): void {
  watch('@nestjs/microservices/exceptions/rpc-exceptions-handler', 'RpcExceptionsHandler');
}

export function watchWebSocketExceptions(): void {
  watch('@nestjs/websockets/exceptions/ws-exceptions-handler', 'WsExceptionsHandler');
}

function watch(file: string, name: string): void {
  const exports = (loadedPackage(`${file}.js`) ?? loadedPackage(file)) as Record<string, unknown> | undefined;
  const prototype = (exports?.[name] as { readonly prototype: { handle: Handle } } | undefined)?.prototype;
  if (prototype === undefined || typeof prototype.handle !== 'function' || Object.hasOwn(prototype, WATCHED)) return;
  const { handle } = prototype;
  Object.defineProperty(prototype, WATCHED, { value: true });
  prototype.handle = function (exception, ...more) {
    try {
      messageFailed(exception);
    } catch {
      // An exception that cannot be read is answered all the same.
    }
    return handle.call(this, exception, ...more);
  };
}
