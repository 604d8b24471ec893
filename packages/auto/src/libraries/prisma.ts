import { types } from 'node:util';
import { currentSpan, type Span } from '@ferretjs/core';
import { runWith, startSpan } from '@ferretjs/core/adapter';
import { reportFault } from '../fault.js';
import type { Library } from '../library.js';

/**
 * Operations of Prisma: `findMany User`, with what its driver adapter asks of the database below it. Prisma calls a
 * helper at `globalThis`, which its own `@prisma/instrumentation` puts there as well; one that is there already stays.
 * The contract is internal to Prisma, so that only the major versions that have been tried are taken.
 */
export const prisma: Library = {
  name: 'prisma',
  ways: [{ how: 'channel', package: '@prisma/client', versions: '>=7 <8', subscribe: () => offerHelper(globalThis) }],
};

const KEY = 'V7_PRISMA_INSTRUMENTATION';
/** Prisma's own text in place of a `traceparent` where nothing is traced. */
const NOT_SAMPLED = '00-10-10-00';

/** A piece of Prisma's work. */
interface Work {
  readonly name?: unknown;
  readonly attributes?: { readonly method?: unknown; readonly model?: unknown };
}

type Callback = (...args: readonly unknown[]) => unknown;

const helper = {
  // Operations come all the same. `true` would have each query go through a further function, which is in stacks.
  isEnabled: () => false,
  getTraceParent: () => NOT_SAMPLED,
  dispatchEngineSpans(): void {},
  getActiveContext(): void {},
  runInChildSpan(work: Work | string, callback: Callback): unknown {
    const span = start(work);
    return span === undefined ? callback() : run(span, callback);
  },
};

/** Puts the helper where Prisma looks for it, unless there is one. */
export function offerHelper(holder: object): void {
  if (KEY in holder) return;
  Object.defineProperty(holder, KEY, { value: { helper }, configurable: true, enumerable: false, writable: true });
}

/** Whole operations alone: queries are seen by the driver, and the rest is too fine. */
function start(work: Work | string): Span | undefined {
  try {
    if (typeof work !== 'object' || work === null || work.name !== 'operation') return undefined;
    if (currentSpan() === undefined) return undefined;
    const { method, model } = work.attributes ?? {};
    if (typeof method !== 'string') return undefined;
    const collection = typeof model === 'string' ? model : undefined;
    return startSpan(collection === undefined ? method : `${method} ${collection}`, {
      attributes: { 'db.operation.name': method, 'db.collection.name': collection },
    });
  } catch (error) {
    reportFault('the instrumentation of @prisma/client', error);
    return undefined;
  }
}

function run(span: Span, callback: Callback): unknown {
  let result: unknown;
  try {
    result = runWith(span, callback);
  } catch (error) {
    fail(span, error);
    throw error;
  }
  if (!types.isPromise(result)) {
    span.end();
    return result;
  }
  return result.then(
    (value) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      fail(span, error);
      throw error;
    },
  );
}

/** A code of Prisma: `P2002`. */
const CODE = /^P\d{4}$/;

/** Messages of Prisma quote the values and the source of a call: only class and code are kept. */
function fail(span: Span, error: unknown): void {
  const { name, code } = read(error);
  span.recordError(Object.assign(new Error(''), { name, stack: undefined }));
  if (code !== undefined) span.annotate({ 'db.response.status_code': code });
  span.end();
}

function read(error: unknown): { readonly name: string; readonly code?: string } {
  try {
    const { code } = (error ?? {}) as { readonly code?: unknown };
    const name = error instanceof Error ? error.constructor.name || 'Error' : typeof error;
    return typeof code === 'string' && CODE.test(code) ? { name, code } : { name };
  } catch {
    return { name: 'Error' }; // An extension of the application's threw something that cannot be read.
  }
}
