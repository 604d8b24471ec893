import type { EventEmitter } from 'node:events';

type Listener = (...args: never[]) => unknown;
type Event = string | symbol;
type Method = (this: EventEmitter, event: Event, listener: Listener) => unknown;

const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const;
const REMOVING = ['off', 'removeListener'] as const;

/** Emitters that are bound: their listeners stay with the context that they were bound to first. */
const bound = new WeakSet<EventEmitter>();

/**
 * Has every listener that an emitter is given from now on bound by `bind`, as OpenTelemetry's context managers do. The
 * listeners can be taken off by what was put on.
 */
export function bindEmitter<Emitter extends EventEmitter>(
  emitter: Emitter,
  bind: (listener: Listener) => Listener,
): Emitter {
  if (bound.has(emitter) || !Object.isExtensible(emitter)) return emitter;
  bound.add(emitter);
  const boundOf = new WeakMap<Listener, Listener>();
  /** `once` calls `on` with a wrapper of its own, by which it takes the listener off again. */
  let isAdding = false;
  const replace = (name: (typeof ADDING)[number] | (typeof REMOVING)[number], make: (original: Method) => Method) => {
    const original = emitter[name] as Method;
    if (typeof original === 'function') {
      Object.defineProperty(emitter, name, { value: make(original), configurable: true, writable: true });
    }
  };
  for (const name of ADDING) {
    replace(
      name,
      (original) =>
        function (event, listener) {
          if (isAdding || typeof listener !== 'function') return original.call(this, event, listener);
          const known = boundOf.get(listener) ?? bind(listener);
          boundOf.set(listener, known);
          isAdding = true;
          try {
            return original.call(this, event, known);
          } finally {
            isAdding = false;
          }
        },
    );
  }
  for (const name of REMOVING) {
    replace(
      name,
      (original) =>
        function (event, listener) {
          return original.call(this, event, boundOf.get(listener) ?? listener);
        },
    );
  }
  return emitter;
}
