import type { Span } from '@ferretjs/core';
import { type Carrier, continueTrace, type Leaf, startLeaf, startSpan } from '@ferretjs/core/adapter';
import { withoutValues } from '../database/failure.js';
import { continuation } from './continuation.js';

/** The place that messages are sent to and come from: a queue, a topic, an exchange. */
export interface Destination {
  /** `messaging.system`, such as `rabbitmq`. */
  readonly system: string;
  /** `undefined` where it is not known. */
  readonly name: string | undefined;
  /** Made for one client or one answer: its name is another one each time, and is not recorded. */
  readonly isTemporary?: boolean;
  readonly server?: Broker | undefined;
}

/** The server that a client is connected to. The object is made once for each connection, and nobody changes it. */
export interface Broker {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** More links than this, a span does not have. */
const MAX_LINKS = 32;

/**
 * Starts the span of sending messages, after OpenTelemetry's semantic conventions 1.45: `publish orders`. Neither
 * bodies nor keys are in it. `undefined` outside of any span.
 *
 * @param count how many are sent as one
 */
export function startPublish(destination: Destination, count = 1): Leaf | undefined {
  return startLeaf(nameOf('publish', destination), 'producer', attributesOf('publish', 'send', destination, count));
}

/**
 * Starts the span of a message that is processed, `process orders`: a trace of its own that is linked to the producer's
 * span, or a part of that trace by the option `messaging`. Run the application's code in it with `runWith`.
 *
 * @param headers those of the message, with `traceparent`
 */
export function startProcess(destination: Destination, headers: Carrier | undefined): Span {
  return startSpan(nameOf('process', destination), {
    kind: 'consumer',
    attributes: attributesOf('process', 'process', destination, 1),
    ...continueTrace(headers, continuation()),
  });
}

/**
 * Starts the span of several messages that are processed as one: always a trace of its own, with links to their
 * producers, at most 32.
 */
export function startBatch(destination: Destination, count: number, headers: Iterable<Carrier | undefined>): Span {
  return startSpan(nameOf('process', destination), {
    kind: 'consumer',
    attributes: attributesOf('process', 'process', destination, count),
    parent: null,
    links: linksOf(headers),
  });
}

function linksOf(headers: Iterable<Carrier | undefined>) {
  const links = [];
  for (const carrier of headers) {
    if (links.length === MAX_LINKS) break;
    links.push(...(continueTrace(carrier).links ?? []));
  }
  return links;
}

/** Starts the span of asking for a message, `receive orders`. `undefined` outside of any span. */
export function startReceive(destination: Destination): Leaf | undefined {
  return startLeaf(nameOf('receive', destination), 'client', attributesOf('receive', 'receive', destination, 1));
}

/** Links a span to the one that sent a message. */
export function linkProducer(span: Span, headers: Carrier | undefined): void {
  for (const link of continueTrace(headers).links ?? []) span.addLink(link);
}

/** The headers that take the trace to whoever processes the message. */
export function messageHeaders({ traceparent, tracestate }: Span): Readonly<Record<string, string>> {
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** Ends the span of a message whose processing has thrown. The error may quote the message. */
export function failProcess(span: Span, error: unknown): void {
  span.recordError(withoutValues(error));
  span.end();
}

/** Ends the span of a message that failed for a reason that is no exception, such as `nack`. */
export function failProcessAs(span: Span, type: string): void {
  span.recordError(faultNamed(type));
  span.end();
}

/** Ends the span of messages that could not be sent or received. */
export function failMessaging(leaf: Leaf, error: unknown): void {
  leaf.fail(withoutValues(error));
}

function faultNamed(name: string): Error {
  return Object.assign(new Error(''), { name, stack: undefined });
}

function nameOf(operation: string, { name, isTemporary }: Destination): string {
  return name === undefined || name === '' || isTemporary ? operation : `${operation} ${name}`;
}

function attributesOf(
  operation: string,
  type: string,
  { system, name, isTemporary, server }: Destination,
  count: number,
) {
  return {
    'messaging.system': system,
    'messaging.destination.name': isTemporary ? undefined : name || undefined,
    'messaging.destination.temporary': isTemporary ? true : undefined,
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.batch.message_count': count === 1 ? undefined : count,
    'server.address': server?.address,
    'server.port': server?.port,
  };
}
