import { currentSpan } from '@ferretjs/core';
import { follow, isPromise, type Leaf } from '@ferretjs/core/adapter';
import { reportFault } from '../../fault.js';
import { failMessaging, messageHeaders, startPublish } from '../../messaging/message-span.js';
import { type Method, wrapMethod } from '../../wrap-method.js';

interface TopicMessages {
  readonly topic?: unknown;
  readonly messages?: unknown;
}

/** The messages of a call, with those for the server in place of the caller's. */
interface Sending {
  readonly leaves: readonly Leaf[];
  readonly argument: unknown;
}

/** Every producer is an object of its own, without a class. So is every transaction. */
export function watchProducer(producer: unknown): unknown {
  if (typeof producer !== 'object' || producer === null) return producer;
  wrapMethod(producer, 'send', (original) => sending(original, sendOf));
  wrapMethod(producer, 'sendBatch', (original) => sending(original, sendBatchOf));
  wrapMethod(producer, 'transaction', aroundTransaction);
  return producer;
}

function aroundTransaction(original: Method): Method {
  return function transaction(this: unknown, ...args: unknown[]) {
    const result = original.apply(this, args);
    return isPromise(result) ? follow(result, watchProducer, rethrow) : result;
  };
}

function rethrow(error: unknown): never {
  throw error;
}

function sending(original: Method, read: (argument: unknown) => Sending): Method {
  return function send(this: unknown, ...args: unknown[]) {
    if (currentSpan() === undefined) return original.apply(this, args);
    const { leaves, argument } = start(args[0], read);
    if (leaves.length === 0) return original.apply(this, args);
    const result = original.apply(this, [argument, ...args.slice(1)]);
    if (isPromise(result)) return follow(result, endAll(leaves), failAll(leaves));
    for (const leaf of leaves) leaf.end();
    return result;
  };
}

function start(argument: unknown, read: (argument: unknown) => Sending): Sending {
  try {
    return read(argument);
  } catch (error) {
    reportFault('the instrumentation of kafkajs', error);
    return { leaves: [], argument };
  }
}

function sendOf(argument: unknown): Sending {
  const topics = new Map<string, Topic>();
  const sent = traced(argument as TopicMessages, topics);
  return { argument: sent, leaves: leavesOf(topics) };
}

function sendBatchOf(argument: unknown): Sending {
  const { topicMessages } = (argument ?? {}) as { readonly topicMessages?: unknown };
  if (!Array.isArray(topicMessages)) return { leaves: [], argument };
  const topics = new Map<string, Topic>();
  const sent = (topicMessages as TopicMessages[]).map((each) => traced(each, topics));
  return { argument: { ...(argument as object), topicMessages: sent }, leaves: leavesOf(topics) };
}

/** The span of all messages that a call sends to one topic. */
interface Topic {
  readonly leaf: Leaf;
  count: number;
}

function leavesOf(topics: ReadonlyMap<string, Topic>): readonly Leaf[] {
  return [...topics.values()].map(({ leaf, count }) =>
    count > 1 ? leaf.annotate({ 'messaging.batch.message_count': count }) : leaf,
  );
}

/** Messages for one topic, copied with the trace among their headers: those of the caller stay as they are. */
function traced(given: TopicMessages, topics: Map<string, Topic>): TopicMessages {
  const { topic: name, messages } = (given ?? {}) as TopicMessages;
  if (typeof name !== 'string' || name === '' || !Array.isArray(messages)) return given;
  const leaf = topics.get(name)?.leaf ?? startPublish({ system: 'kafka', name });
  if (leaf === undefined) return given;
  topics.set(name, { leaf, count: (topics.get(name)?.count ?? 0) + messages.length });
  const headers = messageHeaders(leaf);
  return { ...given, messages: messages.map((message: unknown) => withTrace(message, headers)) };
}

/** A message that kafkajs refuses stays as it is, as the error quotes it. So does one with a trace of its own. */
function withTrace(message: unknown, trace: Readonly<Record<string, string>>): unknown {
  if (typeof message !== 'object' || message === null) return message;
  const { headers, value } = message as { readonly headers?: unknown; readonly value?: unknown };
  if (value === undefined || (headers !== undefined && (typeof headers !== 'object' || headers === null)))
    return message;
  if (headers !== undefined && 'traceparent' in headers) return message;
  const own = Object.getOwnPropertyDescriptors(message) as PropertyDescriptorMap;
  own['headers'] = { value: { ...headers, ...trace }, enumerable: true, writable: true, configurable: true };
  return Object.create(Object.getPrototypeOf(message) as object | null, own) as object;
}

function endAll(leaves: readonly Leaf[]) {
  return (value: unknown): unknown => {
    for (const leaf of leaves) leaf.end();
    return value;
  };
}

function failAll(leaves: readonly Leaf[]) {
  return (error: unknown): never => {
    for (const leaf of leaves) failMessaging(leaf, error);
    throw error;
  };
}
