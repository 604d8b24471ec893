import type { Span } from '@ferretjs/core';
import { runWith } from '@ferretjs/core/adapter';
import { reportFault } from '../../fault.js';
import { type Destination, failProcess, failProcessAs, startProcess } from '../../messaging/message-span.js';
import { type Method, wrapAll } from '../../wrap-method.js';
import { addDelivery, takeDeliveriesUpTo, takeDelivery } from './deliveries.js';
import { aroundGet } from './get.js';
import { brokerOf, type Channel, destinationOf, headersOf, type Message } from './shapes.js';

export function patchConsumer(prototype: object): void {
  wrapAll(prototype, {
    consume: aroundConsume,
    get: aroundGet,
    ack: (original) => settling(original, ([message, all]) => ({ message, isAll: all, error: undefined })),
    ackAll: (original) => settling(original, () => ({ isAll: true, error: undefined })),
    nack: (original) => settling(original, ([message, all]) => ({ message, isAll: all, error: 'nack' })),
    nackAll: (original) => settling(original, () => ({ isAll: true, error: 'nack' })),
    reject: (original) => settling(original, ([message]) => ({ message, isAll: false, error: 'reject' })),
  });
}

function aroundConsume(original: Method): Method {
  return function consume(this: unknown, ...args: unknown[]) {
    const [queue, callback, options] = args;
    if (typeof callback === 'function') {
      const destination = destinationOf(queue);
      const isAcknowledged = !(options as { noAck?: unknown } | null | undefined)?.noAck;
      args[1] = watched(this as Channel, callback as Method, destination, isAcknowledged);
    }
    return original.apply(this, args);
  };
}

/** Called with null instead of a message when the server cancels the consumer. */
function watched(channel: Channel, callback: Method, destination: Destination, isAcknowledged: boolean): Method {
  return function onMessage(this: unknown, ...args: unknown[]) {
    const message = args[0] as Message | null;
    const span = message === null ? undefined : begin(channel, message, destination, isAcknowledged);
    if (span === undefined) return callback.apply(this, args);
    try {
      return runWith(span, () => callback.apply(this, args));
    } catch (error) {
      failProcess(span, error);
      throw error;
    } finally {
      if (!isAcknowledged) span.end();
    }
  };
}

function begin(
  channel: Channel,
  message: Message,
  destination: Destination,
  isAcknowledged: boolean,
): Span | undefined {
  try {
    const span = startProcess({ ...destination, server: brokerOf(channel) }, headersOf(message));
    const tag = message.fields?.deliveryTag;
    if (isAcknowledged && typeof tag === 'number') addDelivery(channel, tag, span);
    return span;
  } catch (error) {
    reportFault('the instrumentation of amqplib', error);
    return undefined;
  }
}

interface Settlement {
  readonly message?: unknown;
  readonly isAll: unknown;
  /** `error.type` of a message that is refused. */
  readonly error: string | undefined;
}

/** A call that throws has settled nothing: the channel is closed. */
function settling(original: Method, settlementOf: (args: readonly unknown[]) => Settlement): Method {
  return function settle(this: unknown, ...args: unknown[]) {
    const result = original.apply(this, args);
    try {
      const { error, ...which } = settlementOf(args);
      for (const span of spansOf(this as object, which)) {
        if (error === undefined) span.end();
        else failProcessAs(span, error);
      }
    } catch (error) {
      reportFault('the instrumentation of amqplib', error);
    }
    return result;
  };
}

function spansOf(channel: object, { message, isAll }: Pick<Settlement, 'message' | 'isAll'>): readonly Span[] {
  const tag = message === undefined ? 0 : (message as Message).fields?.deliveryTag;
  if (typeof tag !== 'number') return [];
  if (isAll) return takeDeliveriesUpTo(channel, tag);
  const span = takeDelivery(channel, tag);
  return span === undefined ? [] : [span];
}
