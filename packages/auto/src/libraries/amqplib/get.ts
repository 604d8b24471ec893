import { currentSpan } from '@ferretjs/core';
import { follow, isPromise, type Leaf, runWith } from '@ferretjs/core/adapter';
import { reportFault } from '../../fault.js';
import { failMessaging, linkProducer, startReceive } from '../../messaging/message-span.js';
import type { Method } from '../../wrap-method.js';
import { brokerOf, type Channel, destinationOf, headersOf } from './shapes.js';

/** A message that is asked for is a span of whoever asks, until it is there or there is none. */
export function aroundGet(original: Method): Method {
  return function get(this: unknown, ...args: unknown[]) {
    const span = currentSpan();
    const leaf = span === undefined ? undefined : start(this as Channel, args[0]);
    if (leaf === undefined) return original.apply(this, args);
    const callback = args[2];
    if (typeof callback === 'function') {
      args[2] = function got(this: unknown, ...answer: unknown[]) {
        settle(leaf, answer[0], answer[1]);
        return runWith(span, () => callback.apply(this, answer) as unknown);
      };
    }
    try {
      const result = original.apply(this, args);
      return isPromise(result) ? follow(result, received(leaf), refused(leaf)) : result;
    } catch (error) {
      failMessaging(leaf, error);
      throw error;
    }
  };
}

function start(channel: Channel, queue: unknown): Leaf | undefined {
  try {
    return startReceive({ ...destinationOf(queue), server: brokerOf(channel) });
  } catch (error) {
    reportFault('the instrumentation of amqplib', error);
    return undefined;
  }
}

function received(leaf: Leaf) {
  return (message: unknown): unknown => {
    settle(leaf, undefined, message);
    return message;
  };
}

function refused(leaf: Leaf) {
  return (error: unknown): never => {
    failMessaging(leaf, error);
    throw error;
  };
}

/** Without a message, the answer is false. */
function settle(leaf: Leaf, error: unknown, message: unknown): void {
  if (error !== undefined && error !== null) {
    failMessaging(leaf, error);
    return;
  }
  if (typeof message === 'object' && message !== null) linkProducer(leaf, headersOf(message));
  leaf.end();
}
