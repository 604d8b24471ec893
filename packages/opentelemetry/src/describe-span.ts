import type { ForeignDescription } from '@ferretjs/core/adapter';
import { exceptionWithoutValues, messageWithoutValues } from './database-message.js';
import { EXCEPTION, exceptionOf } from './exception.js';
import { millisOf } from './hr-time.js';
import { linkedSpanOf } from './linked-span.js';
import type { OldReadableSpan, ReadableSpan, Scope } from './readable-span.js';
import { PRIVATE_ATTRIBUTES, REQUEST_ATTRIBUTES, requestOf } from './request.js';
import { kindOf } from './span-kind.js';
import { storedAttributes } from './stored-attributes.js';

/** `SpanStatusCode.ERROR` of OpenTelemetry's API. */
const ERROR = 2;

/** More are not looked at: a span keeps 32 of each. */
const MAX_LISTED = 64;

/**
 * Says what is stored of a span of OpenTelemetry beside its name, times and outcome.
 *
 * @param clientAddress the option of that name: whether a request says who its client is
 */
export function describeSpan(span: ReadableSpan, clientAddress: boolean): ForeignDescription {
  const elsewhere = clientAddress ? REQUEST_ATTRIBUTES : PRIVATE_ATTRIBUTES;
  const isRequest = kindOf(span.kind) === 'server' && requestOf(span) !== undefined;
  const system = span.attributes['db.system.name'] ?? span.attributes['db.system'];
  const isDatabase = system !== undefined;
  const exception = exceptionOf(span);
  const said = exception?.attributes ?? {};
  // Where there are too many, those that come first are kept.
  const attributes: Record<string, unknown> = {
    ...(isDatabase ? exceptionWithoutValues(said, system) : storedAttributes(said)),
    ...storedAttributes(span.attributes, isRequest ? elsewhere : undefined),
  };
  // The span's own field says it.
  if (span.status.code === ERROR) delete attributes['error.type'];
  const { message } = span.status;
  if (span.status.code === ERROR && message && message !== said['exception.message']) {
    attributes['otel.status_description'] = isDatabase ? messageWithoutValues(message, system) || undefined : message;
  }
  const links = span.links
    .slice(0, MAX_LISTED)
    .map(linkedSpanOf)
    .filter((link) => link !== undefined);
  return {
    attributes,
    shared: sharedOf(span),
    links,
    events: span.events
      .filter((event) => event !== exception)
      .slice(0, MAX_LISTED)
      .map(({ name, time, attributes: given = {} }) => ({
        name,
        time: millisOf(time),
        attributes: isDatabase && name === EXCEPTION ? exceptionWithoutValues(given, system) : storedAttributes(given),
      })),
    dropped: {
      attributes: span.droppedAttributesCount ?? 0,
      links: (span.droppedLinksCount ?? 0) + span.links.length - links.length,
      events: (span.droppedEventsCount ?? 0) + Math.max(0, span.events.length - MAX_LISTED),
    },
  };
}

const NO_RESOURCE = {};
const NO_SCOPE: Scope = { name: '' };
const known = new WeakMap<object, WeakMap<object, Readonly<Record<string, unknown>>>>();

/** The attributes that all spans of a library in a service have in common: one object for all of them. */
function sharedOf(span: OldReadableSpan): Readonly<Record<string, unknown>> {
  const { resource = NO_RESOURCE, instrumentationScope: scope = span.instrumentationLibrary ?? NO_SCOPE } = span;
  let byScope = known.get(resource);
  if (byScope === undefined) {
    byScope = new WeakMap();
    known.set(resource, byScope);
  }
  let shared = byScope.get(scope);
  if (shared === undefined) {
    shared = {
      'otel.scope.name': scope.name || undefined,
      'otel.scope.version': scope.version || undefined,
      'service.name': serviceOf(span),
    };
    byScope.set(scope, shared);
  }
  return shared;
}

/** `service.name` of the span's resource; `undefined` where nobody has named the service. */
export function serviceOf({ resource }: ReadableSpan): string | undefined {
  const raw = resource?.getRawAttributes?.();
  const name =
    raw === undefined ? resource?.attributes['service.name'] : raw.find(([key]) => key === 'service.name')?.[1];
  return typeof name === 'string' && name !== '' && !name.startsWith('unknown_service') ? name : undefined;
}
