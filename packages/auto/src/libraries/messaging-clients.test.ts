import { expect, it } from 'vitest';
import type { HookWay, Library } from '../library.js';
import { amqplib } from './amqplib/amqplib.js';
import { bullmq } from './bullmq/bullmq.js';
import { kafkajs } from './kafkajs/kafkajs.js';
import { below } from './request.fixture.js';

function patch(library: Library, file: string, exports: unknown): void {
  const way = library.ways.find((each): each is HookWay => each.how === 'hook' && each.file === file);
  way?.patch(exports, { name: library.name, version: '0.0.0', directory: '' });
}

/** Roots come first, as their traces end. */
const summaryOf = (spans: Awaited<ReturnType<typeof below>>) =>
  spans.map(({ name, errorType }) => (errorType === undefined ? name : `${name} ! ${errorType}`));

class BaseChannel {
  connection = { stream: { remoteAddress: '::1', remotePort: 5672 } };
  sendMessage(_fields: unknown, { headers }: { headers: object; exchange: string; routingKey: string }): boolean {
    if ('bad' in headers) throw new TypeError('bad');
    return true;
  }
  toClosed(): void {}
}

class Channel extends BaseChannel {
  deliver: (message: unknown) => unknown = () => {};
  consume(_queue: string, callback: (message: unknown) => unknown, _options?: object): void {
    this.deliver = callback;
  }
  get(queue: string, _options?: object, callback?: (error: Error | null, message?: unknown) => void): unknown {
    const error = queue === 'no' ? new Error('no such queue') : null;
    if (queue === 'thrown') throw new TypeError('thrown');
    if (callback !== undefined) return callback(error, { properties: {} });
    return error === null ? Promise.resolve(false) : Promise.reject(error);
  }
  ack(): void {}
  ackAll(): void {}
  nack(_message: unknown): void {}
  nackAll(): void {}
  reject(_message: unknown): void {}
}

class ConfirmChannel extends Channel {
  confirm: (error: Error | null) => unknown = () => {};
  publish(exchange: string, routingKey: string, _body: unknown, headers: object, done?: unknown): boolean {
    this.confirm = done as typeof this.confirm;
    return this.sendMessage({}, { exchange, routingKey, headers });
  }
}

patch(amqplib, 'lib/channel.js', { Channel: BaseChannel });
patch(amqplib, 'lib/callback_model.js', { Channel, ConfirmChannel });

it('amqplib: sends the trace with a message, unless it has one', async () => {
  const headers = [{}, { traceparent: 'own' }, Object.create({ traceparent: 'inherited' })] as Record<string, string>[];
  const spans = await below(() => {
    const channel = new Channel();
    for (const each of headers) channel.sendMessage({}, { exchange: '', routingKey: 'orders', headers: each });
    channel.sendMessage({}, { exchange: '', routingKey: 'amq.gen-1', headers: {} });
    expect(() => channel.sendMessage({}, { exchange: 'x', routingKey: '', headers: { bad: 1 } })).toThrow('bad');
  });
  expect(summaryOf(spans)).toEqual([
    'publish orders',
    'publish orders',
    'publish orders',
    'publish',
    'publish x ! TypeError',
  ]);
  expect(spans[0]?.attributes).toMatchObject({ 'server.address': '::1', 'server.port': 5672 });
  expect(headers.map((each) => each['traceparent']?.length)).toEqual([55, 3, 9]);
});

it('amqplib: a confirmed message lasts until it is confirmed, or refused', async () => {
  const answers: unknown[] = [];
  const spans = await below(() => {
    for (const error of [null, new Error('message nacked')]) {
      const channel = new ConfirmChannel();
      channel.publish('', 'orders', '', {}, (given: unknown) => answers.push(given));
      channel.confirm(error);
      channel.publish('', 'orders', '', {});
      channel.confirm(null);
    }
    new ConfirmChannel().publish('', 'orders', '', {}, 'no function');
  });
  expect(answers).toEqual([null, new Error('message nacked')]);
  expect(summaryOf(spans).filter((name) => name.includes('!'))).toEqual(['publish orders ! Error']);
  expect(spans).toHaveLength(5);
});

it('amqplib: asks for messages', async () => {
  const spans = await below(async () => {
    const channel = new Channel();
    await channel.get('orders');
    await expect(channel.get('no')).rejects.toThrow('no such queue');
    channel.get('orders', {}, (error) => expect(error).toBeNull());
    channel.get('no', {}, (error) => expect(error).toBeInstanceOf(Error));
    expect(() => channel.get('thrown')).toThrow('thrown');
  });
  expect(summaryOf(spans)).toEqual([
    'receive orders',
    'receive no ! Error',
    'receive orders',
    'receive no ! Error',
    'receive thrown ! TypeError',
  ]);
});

it('amqplib: says how the processing of a message has ended', async () => {
  const spans = await below(() => {
    const channel = new Channel();
    const message = (deliveryTag: number) => ({ fields: { deliveryTag }, properties: {} });
    channel.consume('orders', () => {});
    for (const tag of [1, 2]) channel.deliver(message(tag));
    channel.nack(message(1));
    channel.reject(message(2));
    channel.consume('orders', () => 7, { noAck: true });
    expect(channel.deliver(message(3))).toBe(7);
    channel.consume('orders', () => JSON.parse('secret') as unknown);
    expect(() => channel.deliver(message(4))).toThrow(SyntaxError);
    channel.nack(undefined);
  });
  expect(summaryOf(spans)).toEqual([
    'process orders ! nack',
    'process orders ! reject',
    'process orders',
    'process orders ! SyntaxError',
  ]);
});

it('kafkajs: a call is a span for each topic, and a batch that is processed is one', async () => {
  class Kafka {
    producer(): object {
      const send = (given: { fails?: boolean }) =>
        given.fails ? Promise.reject(new Error('down')) : Promise.resolve([]);
      return { send, sendBatch: send, transaction: () => 7 };
    }
  }
  class Runner {
    eachMessage?: (payload: unknown) => unknown;
    eachBatch?: (payload: unknown) => unknown;
    start(): void {}
  }
  patch(kafkajs, 'index.js', { Kafka });
  patch(kafkajs, 'src/consumer/runner.js', Runner);
  const producer = new Kafka().producer() as Record<string, (given?: unknown) => Promise<unknown>>;
  const messages = [{ value: 'a' }, { value: 'b', headers: { traceparent: 'own' } }, 7, {}];
  const spans = await below(async () => {
    await producer['send']?.({ topic: 'a', messages });
    await producer['sendBatch']?.({ topicMessages: [{ topic: 'a', messages }, { topic: 'b', messages }, null] });
    await expect(producer['send']?.({ topic: 'a', messages, fails: true })).rejects.toThrow('down');
    await producer['sendBatch']?.({});
    expect(producer['transaction']?.()).toBe(7);
    const runner = new Runner();
    runner.eachMessage = () => Promise.resolve();
    runner.eachBatch = () => {
      throw new TypeError('secret');
    };
    runner.start();
    runner.start();
    await runner.eachMessage({ topic: 'a', message: { headers: {} } });
    await expect(runner.eachBatch({ batch: { topic: 'b', messages: [{}, {}] } })).rejects.toThrow('secret');
  });
  expect(summaryOf(spans)).toEqual([
    'process a',
    'process b ! TypeError',
    'publish a',
    'publish a',
    'publish b',
    'publish a ! Error',
  ]);
});

it('bullmq: jobs that are put, processed and have failed, and those of flows', async () => {
  type Callback = (span: unknown, metadata?: string) => Promise<unknown>;
  class QueueBase {
    name = 'mail';
    opts = {};
    trace(_kind: number, _operation: string, _destination: string, callback: Callback, _metadata?: string): unknown {
      return callback(undefined);
    }
  }
  class Worker {
    handleFailed(_error: unknown, _job: unknown, _token: unknown, _next: unknown, span: Span): void {
      span.addEvent('job failed');
    }
  }
  class FlowProducer {}
  interface Span {
    setAttribute(key: string, value: unknown): void;
    addEvent(name: string): void;
    end(): void;
    recordException(error: unknown): void;
    setSpanOnContext(): unknown;
  }
  patch(bullmq, 'dist/cjs/classes/queue-base.js', { QueueBase });
  patch(bullmq, 'dist/cjs/classes/worker.js', { Worker });
  patch(bullmq, 'dist/cjs/classes/flow-producer.js', { FlowProducer });
  expect(() => patch(bullmq, 'dist/cjs/classes/flow-producer.js', { FlowProducer })).toThrow(TypeError);
  const spans = await below(async () => {
    const queue = new QueueBase();
    await queue.trace(3, 'add', '', async (span, metadata) => {
      (span as Span).setAttribute('bullmq.job.name', 'bill');
      (span as Span).addEvent('added');
      await queue.trace(4, 'process', '', async () => 1, metadata);
    });
    await expect(queue.trace(3, 'add', '', () => Promise.reject(new Error('full')))).rejects.toThrow('full');
    await queue.trace(0, 'pause', '', async (span) => expect(span).toBeUndefined());
    await queue.trace(4, 'process', '', async (span) => {
      (span as Span).setAttribute('bullmq.job.id', 'secret');
      new Worker().handleFailed(new RangeError('secret'), {}, '', () => true, span as Span);
    });
    await queue.trace(4, 'process', '', async (span) => (span as Span).addEvent('job failed'), '{');
    await expect(queue.trace(4, 'process', '', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    const { tracer, contextManager } = (new FlowProducer() as Record<'telemetry', Telemetry>).telemetry;
    const [flow, node] = [tracer.startSpan('addFlow mail'), tracer.startSpan('addNode mail')];
    expect(contextManager.getMetadata(flow.setSpanOnContext())).toBe('');
    expect(contextManager.with(contextManager.active(), () => 7)).toBe(7);
    expect(JSON.parse(contextManager.getMetadata(node.setSpanOnContext()))).toHaveProperty('traceparent');
    node.recordException(new Error('down'));
    for (const span of [node, flow]) span.end();
  });
  interface Telemetry {
    tracer: { startSpan(name: string): Span };
    contextManager: {
      getMetadata(context: unknown): string;
      active(): unknown;
      with<T>(context: unknown, fn: () => T): T;
    };
  }
  expect(summaryOf(spans)).toEqual([
    'process mail',
    'process mail ! RangeError',
    'process mail ! failed',
    'process mail ! Error',
    'publish mail',
    'publish mail ! Error',
    'publish mail ! Error',
  ]);
  expect(spans[4]?.attributes).toMatchObject({ 'bullmq.job.name': 'bill' });
});
