import type { Span } from '@ferretjs/core';
import { processWide, type SharedStorage, shareStorage } from '@ferretjs/core/adapter';
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { contextOf, spanIn } from './span-in-context.js';

/**
 * A context of OpenTelemetry in the storage of Ferret's current span, where it says more than which span is current.
 * Both copies of this package read it, CommonJS and ES module: by shape.
 */
export interface StoredContext {
  readonly span: Span | undefined;
  readonly apiContext: Context;
}

/** A context that OpenTelemetry has set. */
class GivenContext implements StoredContext {
  readonly apiContext: Context;
  readonly span: Span | undefined;

  constructor(context: Context) {
    this.apiContext = context;
    this.span = spanIn(context, storage().unrecorded);
  }
}

/** A context that OpenTelemetry has set, in which Ferret has made another span the current one. */
class ContextWithSpan implements StoredContext {
  readonly span: Span | undefined;
  readonly #below: Context;
  #context: Context | undefined;

  constructor(span: Span | undefined, below: Context) {
    this.span = span;
    this.#below = below;
  }

  get apiContext(): Context {
    this.#context ??= contextOf(this.span, this.#below, storage().unrecorded);
    return this.#context;
  }
}

type Storage = SharedStorage<StoredContext>;

/** Shared once for the process, by whichever copy of this package comes first. */
function storage(): Storage {
  shared.storage ??= shareStorage<StoredContext>({ spanOf, storedFor });
  return shared.storage;
}

const shared = processWide<{ storage: Storage | undefined }>('opentelemetry.storage', () => ({ storage: undefined }));

function isStoredContext(stored: StoredContext | Span | undefined): stored is StoredContext {
  return stored !== undefined && 'apiContext' in stored;
}

function spanOf(stored: StoredContext | Span | undefined): Span | undefined {
  return isStoredContext(stored) ? stored.span : stored;
}

function storedFor(span: Span | undefined, now: StoredContext | Span | undefined): StoredContext | Span | undefined {
  return isStoredContext(now) ? new ContextWithSpan(span, now.apiContext) : span;
}

/** The contexts of spans that are current without anything else. */
const ofSpans = new WeakMap<Span, Context>();

/** The context of OpenTelemetry that the running code belongs to. */
export function activeContext(): Context {
  const stored = storage().getStore();
  if (stored === undefined) return ROOT_CONTEXT;
  if (isStoredContext(stored)) return stored.apiContext;
  let context = ofSpans.get(stored);
  if (context === undefined) {
    context = contextOf(stored, ROOT_CONTEXT, storage().unrecorded);
    ofSpans.set(stored, context);
  }
  return context;
}

/** A value that is no context is none: OpenTelemetry's own context managers do not throw at it either. */
function storedOf(context: Context): StoredContext | undefined {
  return context === ROOT_CONTEXT || typeof context?.getValue !== 'function' ? undefined : new GivenContext(context);
}

/** Runs `fn` in a context, which Ferret sees as well: its current span is the one in the context. */
export function runInContext<Result>(context: Context, fn: () => Result): Result {
  return storage().run(storedOf(context), fn);
}

/** Makes a context the current one until the function that is returned is called. */
export function enterContext(context: Context): () => void {
  const before = storage().getStore();
  storage().enterWith(storedOf(context));
  return () => storage().enterWith(before);
}
