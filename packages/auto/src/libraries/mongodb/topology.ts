import { currentSpan } from '@ferretjs/core';
import { watchConnect } from '../../database/connect-wait.js';
import { failWith } from '../../database/failure.js';
import { startConnect } from '../../database/query-leaf.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';

interface Topology {
  readonly description?: { readonly hasKnownServers?: unknown };
}

export function patchTopology(exports: unknown): void {
  const { Topology } = (exports ?? {}) as { Topology?: { prototype?: unknown } };
  wrapKnownMethod(Topology?.prototype, 'selectServer', aroundSelectServer);
}

/** A wait for a server is a span where none is known: before the first has answered, and while all are away. */
function aroundSelectServer(original: Method): Method {
  return function selectServer(this: unknown, ...args: unknown[]) {
    const isWaiting = currentSpan() !== undefined && (this as Topology).description?.hasKnownServers === false;
    const leaf = isWaiting ? startConnect('connect', 'mongodb', {}) : undefined;
    const fail = (each: NonNullable<typeof leaf>, error: unknown) => failWith(each, error, undefined);
    return watchConnect({ original, receiver: this, args, leaf, fail });
  };
}
