import { expect, it } from 'vitest';
import type { HookWay, Library } from '../library.js';
import { amqplib } from './amqplib/amqplib.js';
import { bullmq } from './bullmq/bullmq.js';
import { kafkajs } from './kafkajs/kafkajs.js';
import { below } from './request.fixture.js';

/** Patches what a file exports, as if it had been loaded. */
function patch(library: Library, file: string, exports: unknown): void {
  const way = library.ways.find((each): each is HookWay => each.how === 'hook' && each.file === file);
  way?.patch(exports, { name: library.name, version: '0.0.0', directory: '' });
}

class BaseChannel {
  connection = {};
  sendMessage(): boolean {
    return true;
  }
  toClosed(): void {}
}

/** A channel as amqplib has it, without a server. */
class Channel extends BaseChannel {
  deliver: (message: unknown) => unknown = () => {};
  consume(_queue: string, callback: (message: unknown) => unknown, _options?: object): void {
    this.deliver = callback;
  }
  get(): void {}
  ack(_message: unknown, _isAll?: boolean): void {}
  ackAll(): void {}
  nack(): void {}
  nackAll(): void {}
  reject(): void {}
}

class ConfirmChannel extends Channel {
  publish(): boolean {
    return this.sendMessage();
  }
}

patch(amqplib, 'lib/channel.js', { Channel: BaseChannel });
patch(amqplib, 'lib/channel_model.js', { Channel, ConfirmChannel });

const message = (deliveryTag: number) => ({ fields: { deliveryTag }, properties: { headers: {} } });

it('FAULTS 64: holds 1,000 messages of a channel, and none of a closed one', async () => {
  const spans = await below(() => {
    const channel = new Channel();
    channel.consume('orders', () => {});
    for (let tag = 1; tag <= 1_001; tag++) channel.deliver(message(tag));
    channel.toClosed();
    channel.ack(message(7));
  });
  const outcomes = spans.map(({ errorType }) => errorType ?? 'ok');
  expect(outcomes[0]).toBe('ok');
  expect(outcomes.filter((each) => each === 'channel_closed')).toHaveLength(1_000);
});

it('ends all messages up to one, and the rest at the end', async () => {
  const spans = await below(() => {
    const channel = new Channel();
    channel.consume('orders', () => {});
    for (const tag of [1, 2, 3, 4]) channel.deliver(message(tag));
    channel.ack(message(2), true);
    channel.nackAll();
  });
  expect(spans.map(({ errorType }) => errorType)).toEqual([undefined, undefined, 'nack', 'nack']);
});

it('hands over null when the consumer is cancelled, and messages of another shape as they are', async () => {
  const seen: unknown[] = [];
  await below(() => {
    const channel = new Channel();
    channel.consume('orders', (given) => void seen.push(given));
    for (const given of [null, 7, {}, { properties: null }]) channel.deliver(given);
    channel.toClosed();
  });
  expect(seen).toEqual([null, 7, {}, { properties: null }]);
});

it.each([
  ['lib/channel.js', amqplib, {}],
  ['lib/channel.js', amqplib, { Channel: class {} }],
  ['lib/channel_model.js', amqplib, { Channel: BaseChannel }],
  ['index.js', kafkajs, { Kafka: class {} }],
  ['src/consumer/runner.js', kafkajs, Object.freeze(class {})],
  ['dist/cjs/classes/queue-base.js', bullmq, {}],
] as const)('FAULTS 60: says that %s is not as expected', (file, library, exports) => {
  expect(() => patch(library, file, exports)).toThrow(TypeError);
});

it('changes nothing of a class that it knows in part only', () => {
  class Frozen {
    sendMessage(): void {}
    toClosed(): void {}
  }
  const { sendMessage } = Frozen.prototype;
  Object.defineProperty(Frozen.prototype, 'toClosed', { writable: false, configurable: false });
  expect(() => patch(amqplib, 'lib/channel.js', { Channel: Frozen })).toThrow('toClosed');
  expect(Frozen.prototype.sendMessage).toBe(sendMessage);
});

it('sees what is sent in a transaction of Kafka', async () => {
  const sent: unknown[] = [];
  class Kafka {
    producer(): object {
      const send = async (given: unknown) => void sent.push(given);
      return { send, sendBatch: send, transaction: async () => ({ send, sendBatch: send }) };
    }
  }
  patch(kafkajs, 'index.js', { Kafka });
  const { transaction } = new Kafka().producer() as { transaction(): Promise<{ send(given: unknown): Promise<void> }> };
  const given = { topic: 'orders', messages: [{ value: 'secret' }] };
  const spans = await below(async () => (await transaction()).send(given));
  expect(spans).toMatchObject([{ name: 'publish orders', outcome: 'ok' }]);
  expect(sent).toMatchObject([{ messages: [{ headers: { traceparent: expect.any(String) as unknown } }] }]);
  expect(given).toEqual({ topic: 'orders', messages: [{ value: 'secret' }] });
});

it('lets an error of a consumer through as it is, also one that throws when it is read', async () => {
  const error = Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('read');
    },
  });
  const spans = await below(() => {
    const channel = new Channel();
    channel.consume('orders', () => {
      throw error;
    });
    let thrown: unknown;
    try {
      channel.deliver(message(1));
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown === error).toBe(true);
  });
  expect(spans).toMatchObject([{ name: 'process orders', outcome: 'error' }]);
});
