import { currentSpan } from '@ferretjs/core';
import { startChild } from '@ferretjs/core/adapter';
import type { ModuleLike } from '../methods/trace-providers.js';
import { isCold, traceSubscriptions } from '../trace-observable.js';
import { nameOfPattern } from './name-of-pattern.js';

/** A global symbol, so that both builds of this package, CommonJS and ES module, recognise each other's mark. */
const TRACED = Symbol.for('ferretjs.nest.client');

/** The parts of `ClientProxy` of `@nestjs/microservices` that are used here. */
interface Client {
  send(pattern: unknown, data: unknown): unknown;
  createPacket?(pattern: unknown, data: unknown): Packet;
}
/** `metadata` has its place in packets since Nest 12.1; servers hand it to handlers in their context. */
interface Packet {
  metadata?: Readonly<Record<string, unknown>>;
}

/** Makes a span of each request that clients of the application's modules send, and sends `traceparent` along. */
export function traceClients(modules: Iterable<ModuleLike>): void {
  for (const { providers } of modules) {
    for (const { instance } of providers.values()) traceClient(instance);
  }
}

export function traceClient(instance: unknown): void {
  try {
    let owner = prototypeOf(instance);
    if (owner === null || !('setOnDispatchHook' in owner || ('send' in owner && 'createObserver' in owner))) return;
    while (owner !== null && !Object.hasOwn(owner, 'createObserver')) owner = prototypeOf(owner);
    if (owner !== null && !Object.hasOwn(owner, TRACED)) tracePrototype(owner as object & Client);
  } catch {
    // A proxy that throws, or a class that is frozen.
  }
}

function prototypeOf(instance: unknown): object | null {
  return typeof instance === 'object' && instance !== null ? (Object.getPrototypeOf(instance) as object | null) : null;
}

function tracePrototype(prototype: object & Client): void {
  const { send, createPacket } = prototype;
  if (typeof send !== 'function') return;
  Object.defineProperty(prototype, TRACED, { value: true });
  prototype.send = function (pattern, data) {
    const sent = send.call(this, pattern, data);
    return isCold(sent) ? traceSubscriptions(sent, () => startRequest(pattern)) : sent;
  };
  if (typeof createPacket !== 'function') return;
  prototype.createPacket = function (pattern, data) {
    const packet = createPacket.call(this, pattern, data);
    try {
      const { traceparent, tracestate } = currentSpan() ?? {};
      if (traceparent !== undefined)
        packet.metadata = { ...packet.metadata, traceparent, ...(tracestate && { tracestate }) };
    } catch {
      // A packet that is frozen, or none.
    }
    return packet;
  };
}

/** Patterns that may stand in names of spans, as statistics are kept for each name: the first ones. */
const MAX_NAMES = 200;
const MAX_LENGTH = 200;
const names = new Set<string>();

/** An application may put the id of something into a subject. */
function startRequest(pattern: unknown) {
  const text = nameOfPattern(pattern);
  if (text !== undefined && text.length <= MAX_LENGTH && names.size < MAX_NAMES) names.add(text);
  const name = text !== undefined && names.has(text) ? text : undefined;
  return startChild(name === undefined ? 'rpc' : `rpc ${name}`, 'client', {
    'rpc.system.name': 'nestjs',
    'rpc.method': name,
  });
}
