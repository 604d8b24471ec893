import { currentSpan, type Span } from '@ferretjs/core';
import { processWide } from '@ferretjs/core/adapter';

/** Roots of messages that have not ended. Their exceptions are told here, as Nest answers them. */
const roots = processWide('nest.message-roots', () => new WeakSet<object>());

export function addMessageRoot(span: Span): void {
  roots.add(span);
}

/** Records an exception that reached Nest's exceptions layer, on the root of the message that it belongs to. */
export function messageFailed(error: unknown): void {
  const span = currentSpan() as (Span & { readonly top?: Span }) | undefined;
  const root = span?.top ?? span;
  if (root !== undefined && roots.has(root)) root.recordError(error);
}
