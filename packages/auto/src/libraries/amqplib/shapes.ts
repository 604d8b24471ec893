import type { Broker, Destination } from '../../messaging/message-span.js';

/** The parts of a channel that are read. */
export interface Channel {
  readonly connection?: { readonly stream?: { readonly remoteAddress?: unknown; readonly remotePort?: unknown } };
}

/** A message that has been delivered. */
export interface Message {
  readonly fields?: { readonly deliveryTag?: unknown };
  readonly properties?: { readonly headers?: unknown };
}

const brokers = new WeakMap<object, Broker>();

/** The server of a channel's connection; it never changes. */
export function brokerOf({ connection }: Channel): Broker | undefined {
  if (typeof connection !== 'object' || connection === null) return undefined;
  const known = brokers.get(connection);
  if (known !== undefined) return known;
  const { remoteAddress: address, remotePort: port } = connection.stream ?? {};
  const broker = {
    address: typeof address === 'string' ? address : undefined,
    port: typeof port === 'number' ? port : undefined,
  };
  brokers.set(connection, broker);
  return broker;
}

/** Names that the server or the client makes up: queues without a name, queues for answers. */
export function isTemporary(queue: string): boolean {
  return queue.startsWith('amq.gen') || queue.startsWith('amq.rabbitmq.');
}

export function headersOf({ properties }: Message): object | undefined {
  const headers = properties?.headers;
  return typeof headers === 'object' && headers !== null ? headers : undefined;
}

/** Without a name, the queue is the one that the channel has declared last. */
export function destinationOf(queue: unknown): Destination {
  const name = typeof queue === 'string' ? queue : undefined;
  return { system: 'rabbitmq', name, isTemporary: name !== undefined && isTemporary(name) };
}
