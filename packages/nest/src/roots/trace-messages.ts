import { currentSpan, type Ferret, type Span } from '@ferretjs/core';
import { type Carrier, continueTrace, processWide, withSpan } from '@ferretjs/core/adapter';
import { addMessageRoot } from './message-roots.js';
import { watchRpcExceptions } from './watch-message-exceptions.js';

/** The parts of a microservice's server (`Server` of `@nestjs/microservices`) that are used here. */
interface RpcServer {
  onProcessingStartHook?: StartHook;
  onProcessingEndHook?: EndHook | undefined;
  setOnProcessingStartHook(hook: StartHook): void;
  setOnProcessingEndHook(hook: EndHook): void;
  getHandlerByPattern?(pattern: string): Handler | null;
  getHandlers?(): ReadonlyMap<string, unknown>;
}
interface Handler {
  readonly isEventHandler?: boolean;
}
type StartHook = (transport: unknown, context: object, done: () => unknown) => unknown;
type EndHook = (transport: unknown, context: object) => void;

/** The registry of servers, which Nest has since 11.1. */
interface Registry {
  getRpcTargetRegistry?(): { subscribe(next: (target: unknown) => void): { unsubscribe(): void } };
}

/** `Transport` of `@nestjs/microservices`: names as in OpenTelemetry's `messaging.system`. */
const SYSTEMS: Readonly<Record<number, string>> = {
  ...{ 0: 'tcp', 1: 'redis', 2: 'nats', 3: 'mqtt', 5: 'rabbitmq', 6: 'kafka' },
};
const GRPC = 4;

/**
 * Makes a span of each message that a microservice of the application handles: the root of what it does, or below the
 * caller's span if the message carries that.
 *
 * @param ferret returns the application's Ferret
 * @returns a function that ends it for servers that are made later
 */
export function traceMessages(modules: Registry, ferret: () => Ferret | undefined): () => void {
  const subscription = modules.getRpcTargetRegistry?.().subscribe((target) => {
    try {
      watchRpcExceptions();
      traceServer(target as RpcServer, ferret);
    } catch {
      // A server of the application's own, of another shape.
    }
  });
  return () => subscription?.unsubscribe();
}

/** Servers by whom their messages are traced already: an application's servers are announced once. */
const traced = processWide('nest.messages', () => new WeakSet<object>());

/** Only one hook has its place, so those that others set run inside. */
function traceServer(server: RpcServer, ferret: () => Ferret | undefined): void {
  const { setOnProcessingStartHook, setOnProcessingEndHook } = server;
  if (typeof setOnProcessingStartHook !== 'function' || typeof setOnProcessingEndHook !== 'function') return;
  if (traced.has(server)) return;
  traced.add(server);
  const spans = new WeakMap<object, Span>();
  const begin = (hook: StartHook) =>
    setOnProcessingStartHook.call(
      server,
      around(hook, spans, (...call) => startSpan(server, ferret(), ...call)),
    );
  const end = (hook: EndHook | undefined) =>
    setOnProcessingEndHook.call(server, (transport, context) => {
      spans.get(context)?.end();
      hook?.(transport, context);
    });
  begin(server.onProcessingStartHook ?? ((_transport, _context, done) => done()));
  end(server.onProcessingEndHook);
  server.setOnProcessingStartHook = begin;
  server.setOnProcessingEndHook = end;
}

function around(
  hook: StartHook,
  spans: WeakMap<object, Span>,
  start: (transport: unknown, context: object) => Span | undefined,
): StartHook {
  return (transport, context, done) => {
    const span = start(transport, context);
    if (span === undefined) return hook(transport, context, done);
    spans.set(context, span);
    addMessageRoot(span);
    const fail = (error: unknown): never => {
      span.recordError(error);
      span.end();
      throw error;
    };
    try {
      const result = withSpan(span, hook, transport, context, done);
      return result instanceof Promise ? result.catch(fail) : result;
    } catch (error) {
      return fail(error);
    }
  };
}

function startSpan(
  server: RpcServer,
  ferret: Ferret | undefined,
  transport: unknown,
  context: object,
): Span | undefined {
  try {
    // The client of the broker may have a span for the message.
    if (transport === GRPC || currentSpan()?.isRecording) return undefined;
    // Without an object of its own, the message's end could not be told from another's.
    if (typeof context !== 'object' || context === null) return undefined;
    const pattern = patternOf(context);
    const handler = pattern === undefined ? null : server.getHandlerByPattern?.(pattern);
    const name = handler ? nameOf(server, handler, pattern!) : undefined;
    const system = typeof transport === 'number' ? SYSTEMS[transport] : undefined;
    const carrier = carrierOf(context);
    if (handler?.isEventHandler) {
      const attributes = {
        'messaging.system': system,
        'messaging.destination.name': name,
        'messaging.operation.name': 'process',
      };
      return ferret?.start(`process ${name}`, {
        kind: 'consumer',
        attributes,
        ...continueTrace(carrier),
      });
    }
    const attributes = { 'rpc.system.name': 'nestjs', 'rpc.method': name, 'nestjs.transport': system };
    const continued = continueTrace(carrier, 'continue');
    return ferret?.start(name === undefined ? 'rpc' : `rpc ${name}`, {
      kind: 'server',
      attributes,
      ...continued,
    });
  } catch {
    return undefined; // A context of another shape.
  }
}

/**
 * The pattern that the application gave to a handler. That of the message is from its sender: one that fits a wildcard,
 * of which there may be any number, or the same in other words.
 */
function nameOf(server: RpcServer, handler: Handler, pattern: string): string | undefined {
  const handlers = server.getHandlers?.();
  if (handlers?.get(pattern) === handler) return pattern;
  for (const [key, each] of handlers ?? []) if (each === handler) return key;
  return undefined;
}

/** The parts of the contexts of Nest's transports. */
interface RpcContext {
  getPattern?(): unknown;
  getChannel?(): unknown;
  getSubject?(): unknown;
  getTopic?(): unknown;
  getMetadata?(): unknown;
  getHeaders?(): unknown;
  getMessage?(): { readonly headers?: unknown; readonly properties?: { readonly headers?: unknown } } | undefined;
  getPacket?(): { readonly properties?: { readonly userProperties?: unknown } } | undefined;
}

function patternOf(context: RpcContext): string | undefined {
  const pattern =
    context.getTopic?.() ?? context.getSubject?.() ?? context.getPattern?.() ?? onlyText(context.getChannel?.());
  return onlyText(pattern);
}

/** Headers, where the transport has a place for them: in the packet (TCP, Redis), or in the broker's message. */
function carrierOf(context: RpcContext): Carrier | undefined {
  const message = context.getMessage?.();
  const places = [
    context.getMetadata?.(),
    context.getHeaders?.(),
    message?.properties?.headers,
    message?.headers,
    context.getPacket?.()?.properties?.userProperties,
  ];
  return places.find((place): place is object => typeof place === 'object' && place !== null);
}

function onlyText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
