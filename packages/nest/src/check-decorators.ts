import type { FerretInstance } from '@ferretjs/core/adapter';
import type { ModulesContainer } from '@nestjs/core';
import { annotationsOf } from './annotate.decorator.js';
import { takesCurrentSpan } from './current-span.decorator.js';
import { isMessageHandler, isOfGraphql, isRequestHandler, type Method, type Owner, ownersOf } from './handlers-of.js';
import { isUntraced } from './no-trace.decorator.js';

/** Maximum number of decorators that a message names. */
const MAX_NAMED = 10;

/**
 * Reports decorators that have no effect: on message handlers, gateways and plain services, which have no request's
 * span. If a handler has `@NoTrace()`, also makes the tracer hold spans until their request ends.
 */
export function checkDecorators(modules: ModulesContainer, ferret: FerretInstance): void {
  try {
    const owners = [...ownersOf(modules)];
    if (owners.some(hasUntracedHandler)) ferret.http.holdTraces();
    const misplaced = [...new Set(owners.flatMap(misplacedIn))];
    if (misplaced.length > 0) ferret.report('DECORATOR_IGNORED', messageOf(misplaced));
  } catch {
    // The classes of an application may throw on access, and must not prevent its start.
  }
}

/**
 * Whether a class has `@NoTrace()`, on itself or on a method. Guards evaluate it; middleware may have been measured
 * before.
 */
function hasUntracedHandler({ owner, methods }: Owner): boolean {
  return isUntraced(owner) || methods.some(({ method }) => isUntraced(method));
}

function misplacedIn({ owner, methods }: Owner): string[] {
  const others = methods.filter((method) => !isRequestHandler(method));
  const found = others.flatMap(misplacedOn);
  // A decorator on a class applies to the request handlers in it.
  if (others.length === methods.length) found.push(...decoratorsOf(owner).map((it) => `${it} on ${owner.name}`));
  return found;
}

function misplacedOn(method: Method): string[] {
  const where = `${method.owner.name}.${method.name}`;
  const found = decoratorsOf(method.method).map((it) => `${it} on ${where}`);
  const hasSpan = isOfGraphql(method) || isMessageHandler(method);
  if (takesCurrentSpan(method.owner, method.name) && !hasSpan) found.push(`@CurrentSpan() in ${where}`);
  return found;
}

function decoratorsOf(marked: object): string[] {
  return [...(annotationsOf(marked).length > 0 ? ['@Annotate()'] : []), ...(isUntraced(marked) ? ['@NoTrace()'] : [])];
}

function messageOf(misplaced: readonly string[]): string {
  const more = misplaced.length > MAX_NAMED ? `, and ${misplaced.length - MAX_NAMED} more` : '';
  return (
    `Without effect: ${misplaced.slice(0, MAX_NAMED).join(', ')}${more}. Only handlers of HTTP requests and root ` +
    "fields of GraphQL have a request's span. Elsewhere, measure a method with @Measure(), and annotate currentSpan() in it."
  );
}
