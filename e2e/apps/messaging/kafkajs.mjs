// Scenarios of `kafkajs`. Each has a topic of its own, `q.<scenario>`.

import { createRequire } from 'node:module';

const name = process.env.PACKAGE ?? 'kafkajs';
const module = process.env.FORMAT === 'commonjs' ? createRequire(import.meta.url)(name) : await import(name);
const { Kafka, logLevel, Partitioners } = module.default ?? module;

const CANARY = 'cAnArY-4711';
const MESSAGE = Object.freeze({ key: CANARY, value: CANARY, headers: Object.freeze({ 'x-secret': CANARY }) });

export async function open(port) {
  const kafka = new Kafka({
    clientId: 'shop',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10, retries: 1 },
  });
  const partitioned = [];
  const producer = kafka.producer({
    createPartitioner: () => (given) => {
      partitioned.push([given.message.constructor.name, ...Object.keys(given.message).sort()]);
      return Partitioners.DefaultPartitioner()(given);
    },
  });
  await producer.connect();

  /** Consumes until as many messages have come; `handlers` gets a function that counts them. */
  async function consume(topic, count, handlers, options = {}) {
    const consumer = kafka.consumer({
      groupId: `group.${topic}`,
      maxWaitTimeInMs: 20,
      retry: { retries: 2, initialRetryTime: 10 },
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let seen = 0;
    await new Promise((resolve) => {
      const tell = (more) => {
        seen += more;
        if (seen >= count) resolve();
      };
      consumer.on(consumer.events.CRASH, () => resolve());
      consumer.run({ ...options, ...handlers(tell) });
    });
    await consumer.disconnect();
  }

  const scenarios = {
    send: async (note) => {
      const topic = 'q.send';
      const options = Object.freeze({ topic, messages: Object.freeze([MESSAGE, Object.freeze({ value: CANARY })]) });
      const promise = producer.send(options);
      note('promise', [promise.constructor.name, Object.keys(promise)]);
      note('result', await promise);
      note('options', options);
      await consume(topic, 2, (tell) => ({
        async eachMessage({ topic: from, partition, message, ...more }) {
          note('message', [from, partition, stripMessage(message), Object.keys(more).sort()]);
          tell(1);
        },
      }));
    },
    batch: async (note) => {
      const topicMessages = [
        { topic: 'q.batch', messages: [MESSAGE, MESSAGE] },
        { topic: 'q.batch.second', messages: [MESSAGE] },
        { topic: 'q.batch', messages: [MESSAGE] },
      ];
      note('result', (await producer.sendBatch({ topicMessages, acks: -1 })).length);
      note('given', topicMessages);
      await consume('q.batch', 3, (tell) => ({
        async eachBatch({ batch, resolveOffset, heartbeat }) {
          note('batch', [batch.topic, batch.partition, batch.messages.map(stripMessage), batch.constructor.name]);
          resolveOffset(batch.lastOffset());
          await heartbeat();
          tell(batch.messages.length);
        },
      }));
    },
    many: async (note) => {
      for (let n = 0; n < 2; n++) await producer.send({ topic: 'q.many', messages: Array(50).fill(MESSAGE) });
      let count = 0;
      await consume('q.many', 100, (tell) => ({
        async eachBatch({ batch }) {
          count += batch.messages.length;
          tell(batch.messages.length);
        },
      }));
      note('count', count);
    },
    failing: async (note) => {
      await producer.send({ topic: 'q.failing', messages: [MESSAGE] });
      let attempts = 0;
      await consume('q.failing', 1, () => ({
        async eachMessage({ message }) {
          attempts++;
          JSON.parse(message.value);
        },
      }));
      note('attempts', attempts);
    },
    synchronous: async (note) => {
      await producer.send({ topic: 'q.synchronous', messages: [MESSAGE] });
      await consume('q.synchronous', 1, (tell) => ({
        eachMessage() {
          note('this', this?.constructor?.name);
          tell(1);
        },
      }));
    },
    chain: async () => {
      await producer.send({ topic: 'q.chain', messages: [MESSAGE] });
      await consume('q.chain', 1, (tell) => ({
        async eachMessage({ message }) {
          await producer.send({ topic: 'q.chain.second', messages: [{ value: message.value }] });
          tell(1);
        },
      }));
    },
    classes: async (note) => {
      class Order {
        value = CANARY;
      }
      await producer.send({ topic: 'q.classes', messages: [new Order()] });
      await consume('q.classes', 1, (tell) => ({
        async eachMessage({ message }) {
          note('value', stripMessage(message));
          tell(1);
        },
      }));
    },
    misuse: async (note) => {
      note('no value', await producer.send({ topic: 'q.misuse', messages: [{ key: 'a' }] }).catch(strip));
      note('no topic', await producer.send({ messages: [MESSAGE] }).catch(strip));
      note('no messages', await producer.send({ topic: 'q.misuse' }).catch(strip));
      note('nothing', await producer.send().catch(strip));
      note(
        'null headers',
        await producer.send({ topic: 'q.misuse', messages: [{ value: 'a', headers: null }] }).catch(strip),
      );
      note('unknown', await producer.send({ topic: 'no.topic', messages: [MESSAGE] }).catch(strip));
      note('transaction', await producer.transaction().catch(strip));
    },
    closed: async (note) => {
      const other = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await other.connect();
      await other.disconnect();
      note('closed', await other.send({ topic: 'q.closed', messages: [MESSAGE] }).catch(strip));
    },
    shape: (note) => note('producer', [Object.keys(producer), producer.send.name, producer.send.length]),
    partitioner: (note) =>
      note(
        'messages',
        partitioned.map((keys) => keys.filter((key) => key !== 'headers')),
      ),
  };
  return { scenarios, close: () => producer.disconnect() };
}

/** A message without what differs from run to run, and without the trace, which a consumer can see. */
function stripMessage({ timestamp, headers: { traceparent, ...headers }, batchContext, size, ...message }) {
  const texts = Object.entries(headers).map(([key, value]) => [key, value.toString()]);
  return { ...message, key: message.key?.toString(), value: message.value.toString(), headers: texts };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, cause, retryTime, ...own } = error;
  return { name: error.name, class: error.constructor.name, message: error.message, own };
}
