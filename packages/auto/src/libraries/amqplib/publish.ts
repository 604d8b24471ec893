import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith } from '@ferretjs/core/adapter';
import { reportFault } from '../../fault.js';
import { failMessaging, messageHeaders, startPublish } from '../../messaging/message-span.js';
import { type Method, wrapAll } from '../../wrap-method.js';
import { brokerOf, type Channel, isTemporary } from './shapes.js';

/** The arguments of `publish` as amqplib has them: an object of its own, and headers that inherit the caller's. */
interface Publication {
  readonly exchange?: unknown;
  readonly routingKey?: unknown;
  readonly headers?: unknown;
}

/** A call of `publish` on a channel whose messages the server confirms. */
interface Confirmation {
  leaf: Leaf | undefined;
}

let confirmation: Confirmation | undefined;

/** Every message is sent by this method, those of confirm channels, too. */
export function aroundSendMessage(original: Method): Method {
  return function sendMessage(this: unknown, ...args: unknown[]) {
    const leaf = start(this as Channel, args[1] as Publication);
    if (leaf === undefined) return original.apply(this, args);
    if (confirmation !== undefined) confirmation.leaf = leaf;
    try {
      const isDrained = original.apply(this, args);
      if (confirmation === undefined) leaf.end();
      return isDrained;
    } catch (error) {
      failMessaging(leaf, error);
      throw error;
    }
  };
}

function start(channel: Channel, { exchange, routingKey, headers }: Publication): Leaf | undefined {
  try {
    if (currentSpan() === undefined) return undefined;
    // Without an exchange, the key is the name of a queue. With one, it may be anything.
    const name = exchange === '' ? routingKey : exchange;
    const leaf = startPublish({
      system: 'rabbitmq',
      name: typeof name === 'string' ? name : undefined,
      isTemporary: typeof name === 'string' && isTemporary(name),
      server: brokerOf(channel),
    });
    if (leaf !== undefined) putTrace(headers, leaf);
    return leaf;
  } catch (error) {
    reportFault('the instrumentation of amqplib', error);
    return undefined;
  }
}

/** A message that is passed on with a `traceparent` of the application keeps it. */
function putTrace(headers: unknown, leaf: Leaf): void {
  if (typeof headers === 'object' && headers !== null && !('traceparent' in headers)) {
    Object.assign(headers, messageHeaders(leaf));
  }
}

export function patchConfirms(prototype: object): void {
  wrapAll(prototype, { publish: aroundConfirmedPublish });
}

/** The span lasts until the server has confirmed the message. The callback runs in the context of the call. */
function aroundConfirmedPublish(original: Method): Method {
  return function publish(this: unknown, ...args: unknown[]) {
    const callback: unknown = args[4];
    const span = currentSpan();
    // Anything but a function is an error of the caller's, which amqplib meets when the message is confirmed.
    if (span === undefined || (callback && typeof callback !== 'function')) return original.apply(this, args);
    const mine: Confirmation = { leaf: undefined };
    args[4] = function confirmed(this: unknown, ...answer: unknown[]) {
      settle(mine.leaf, answer[0]);
      return typeof callback === 'function' ? runWith(span, () => callback.apply(this, answer) as unknown) : undefined;
    };
    const outer = confirmation;
    confirmation = mine;
    try {
      return original.apply(this, args);
    } finally {
      confirmation = outer;
    }
  };
}

function settle(leaf: Leaf | undefined, error: unknown): void {
  if (leaf === undefined) return;
  if (error === null || error === undefined) leaf.end();
  else failMessaging(leaf, error);
}
