// Scenarios of `amqplib`, or of the version that the environment names. What they consume comes from the queue
// `q.<scenario>`.

import { once } from 'node:events';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const name = process.env.PACKAGE ?? 'amqplib';
const isCommonJs = process.env.FORMAT === 'commonjs';
const amqp = isCommonJs ? require(name) : await import(name);
const callbackApi = isCommonJs ? require(`${name}/callback_api`) : (await import(`${name}/callback_api`)).default;

const CANARY = 'cAnArY-4711';
const BODY = Buffer.from(JSON.stringify({ secret: CANARY }));

export async function open(port) {
  const url = `amqp://127.0.0.1:${port}`;
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  const confirming = await connection.createConfirmChannel();

  async function queueOf(scenario) {
    const queue = `q.${scenario}`;
    await channel.assertQueue(queue, { durable: false });
    await channel.purgeQueue(queue);
    return queue;
  }

  /** Consumes until as many messages have come. */
  async function receive(on, queue, count, handle, options) {
    const messages = [];
    const { promise, resolve, reject } = deferred();
    const { consumerTag } = await on.consume(
      queue,
      function (message) {
        messages.push([this === undefined, stripMessage(message)]);
        try {
          handle(message, messages.length);
        } finally {
          if (messages.length === count) resolve();
        }
      },
      options,
    );
    const late = setTimeout(reject, 5_000, new Error('Not all messages have come.'));
    await promise;
    clearTimeout(late);
    await on.cancel(consumerTag).catch(() => {});
    return messages;
  }

  const scenarios = {
    publish: async (note) => {
      const queue = await queueOf('publish');
      await channel.assertExchange('orders', 'topic', { durable: false });
      await channel.bindQueue(queue, 'orders', '#');
      const headers = { 'x-secret': CANARY };
      const options = Object.freeze({ headers, correlationId: CANARY, messageId: CANARY, appId: 'shop' });
      note('returned', channel.publish('orders', `created.${CANARY}`, BODY, options));
      note('options', options);
      note('none', channel.publish('orders', `created.${CANARY}`, BODY));
      return receive(channel, queue, 2, (message) => note('ack', channel.ack(message)));
    },
    confirmed: async (note) => {
      const queue = await queueOf('confirmed');
      await new Promise((resolve) => {
        const returned = confirming.sendToQueue(queue, BODY, {}, function (...answer) {
          note('confirmed', [this?.constructor?.name, answer]);
          resolve();
        });
        note('returned', returned);
      });
      confirming.publish('', queue, BODY);
      note('wait', await confirming.waitForConfirms());
      note('left', confirming.unconfirmed);
      return receive(confirming, queue, 2, (message) => confirming.ack(message));
    },
    unacknowledged: async () => {
      const queue = await queueOf('unacknowledged');
      channel.sendToQueue(queue, BODY);
      return receive(channel, queue, 1, () => {}, { noAck: true });
    },
    refused: async () => {
      const queue = await queueOf('refused');
      for (let n = 0; n < 3; n++) channel.sendToQueue(queue, BODY);
      return receive(channel, queue, 3, (message, n) => {
        if (n === 1) channel.nack(message, false, false);
        else if (n === 2) channel.reject(message, false);
        else channel.ack(message);
      });
    },
    together: async (note) => {
      const queue = await queueOf('together');
      for (let n = 0; n < 4; n++) channel.sendToQueue(queue, BODY);
      const messages = await receive(channel, queue, 4, (message, n) => {
        if (n === 3) channel.ack(message, true);
      });
      note('ackAll', channel.ackAll());
      return messages.length;
    },
    throwing: async (note) => {
      const queue = await queueOf('throwing');
      const other = await amqp.connect(url);
      other.on('error', (error) => note('connection', strip(error)));
      const own = await other.createChannel();
      own.on('error', (error) => note('channel', strip(error)));
      own.on('handler-error', (error, event) => note('handler', [strip(error), event]));
      channel.sendToQueue(queue, Buffer.from(CANARY));
      const messages = await receive(own, queue, 1, (message) => JSON.parse(message.content));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await other.close().catch((error) => note('close', strip(error)));
      return messages.length;
    },
    closing: async () => {
      const queue = await queueOf('closing');
      const own = await connection.createChannel();
      channel.sendToQueue(queue, BODY);
      const messages = await receive(own, queue, 1, () => {});
      await own.close();
      return messages.length;
    },
    closed: async (note) => {
      const own = await connection.createChannel();
      const confirmed = await connection.createConfirmChannel();
      await own.close();
      await confirmed.close();
      note(
        'closed',
        attempt(() => own.publish('', 'q.closed', BODY)),
      );
      note(
        'closed',
        attempt(() => confirmed.publish('', 'q.closed', BODY, {}, () => {})),
      );
    },
    misuse: async (note) => {
      note(
        'body',
        attempt(() => channel.sendToQueue('q.misuse', CANARY)),
      );
      note(
        'key',
        attempt(() => channel.publish('orders', 7, BODY)),
      );
      note(
        'none',
        attempt(() => channel.publish()),
      );
      note(
        'header',
        attempt(() => channel.sendToQueue('q.misuse', BODY, { headers: { a: Symbol.iterator } })),
      );
    },
    backpressure: async (note) => {
      const queue = await queueOf('backpressure');
      const own = await connection.createChannel({ highWaterMark: 4 });
      const drained = once(own, 'drain');
      const answers = [];
      for (let n = 0; n < 10; n++) answers.push(own.sendToQueue(queue, BODY));
      note('drain', await drained);
      await own.close();
      return answers;
    },
    own: async () => {
      const queue = await queueOf('own');
      const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
      channel.sendToQueue(queue, BODY, { headers });
      return receive(channel, queue, 1, (message) => channel.ack(message));
    },
    answer: async () => {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      channel.sendToQueue(queue, BODY);
      return (await receive(channel, queue, 1, (message) => channel.ack(message))).length;
    },
    polled: async (note) => {
      const queue = await queueOf('polled');
      await new Promise((resolve) => confirming.sendToQueue(queue, BODY, {}, resolve));
      const promise = channel.get(queue);
      note('promise', [promise.constructor.name, Object.keys(promise)]);
      const message = await promise;
      note('message', stripMessage(message));
      channel.ack(message);
      note('none', await channel.get(queue, { noAck: true }));
      const own = await connection.createChannel();
      own.on('error', (error) => note('error', error.code));
      note('missing', await own.get('q.no').catch(strip));
    },
    // A consumer's own work belongs to its message: it publishes to another queue.
    chain: async () => {
      const [first, second] = [await queueOf('chain'), await queueOf('chain.second')];
      channel.sendToQueue(first, BODY);
      await receive(channel, first, 1, (message) => {
        channel.sendToQueue(second, message.content);
        channel.ack(message);
      });
      return (await receive(channel, second, 1, (message) => channel.ack(message))).length;
    },
    callbacks: async (note) => {
      const queue = await queueOf('callbacks');
      const other = await new Promise((resolve) => callbackApi.connect(url, (_, opened) => resolve(opened)));
      await new Promise((resolve) => {
        other.createConfirmChannel((_, own) => {
          const returned = own.sendToQueue(queue, BODY, { persistent: false }, function (...answer) {
            note('confirmed', [this?.constructor?.name, answer]);
          });
          note('returned', returned);
          const consuming = own.consume(
            queue,
            function (message) {
              note('message', [this === undefined, stripMessage(message)]);
              note('ack', own.ack(message) === own);
              own.waitForConfirms(() => own.close(resolve));
            },
            {},
            (error, ok) => note('consuming', [error, Object.keys(ok)]),
          );
          note('consume', consuming === own);
          note('get', own.get('q.polled', {}, (...answer) => note('got', answer)) === own);
        });
      });
      await new Promise((resolve) => other.close(resolve));
    },
    loop: async () => {
      const queue = await queueOf('loop');
      for (let n = 0; n < 212; n++) channel.sendToQueue(queue, BODY);
      return (await receive(channel, queue, 212, (message) => channel.ack(message))).length;
    },
  };
  return { scenarios, close: () => connection.close() };
}

function deferred() {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return strip(error);
  }
}

/** A message without what differs from run to run, and without the trace, which a consumer can see. */
function stripMessage({ fields, properties, content }) {
  const { consumerTag: _, ...more } = fields;
  const { headers, ...rest } = properties;
  const { traceparent, ...others } = headers;
  return { fields: more, properties: rest, headers: others, content: content.toString() };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, stackAtStateChange, ...own } = error;
  return { name: error.name, class: error.constructor.name, message: error.message, own };
}
