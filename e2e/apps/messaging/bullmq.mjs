// Scenarios of `bullmq`, or of the version that the environment names. Each has a queue of its own, `q.<scenario>`.

import { createRequire } from 'node:module';

const name = process.env.PACKAGE ?? 'bullmq';
const isCommonJs = process.env.FORMAT === 'commonjs';
const bull = isCommonJs ? createRequire(import.meta.url)(name) : await import(name);
const { DelayedError, FlowProducer, Queue, UnrecoverableError, Worker } = bull;

const CANARY = 'cAnArY-4711';
const DATA = { secret: CANARY };

export async function open(port) {
  const connection = { host: '127.0.0.1', port };
  const open = [];

  function queueOf(scenario, options = {}) {
    const queue = new Queue(`q.${scenario}`, { connection, ...options });
    open.push(queue);
    return queue;
  }

  /** Processes jobs until as many attempts have ended. */
  async function work(queue, count, note, processor, options = {}) {
    const worker = new Worker(queue.name, processor, { connection, ...options });
    await new Promise((resolve) => {
      let ended = 0;
      const end = (event, job, value) => {
        note(event, [job.name, job.data, job.attemptsMade, value instanceof Error ? strip(value) : value]);
        if (++ended === count) resolve();
      };
      worker.on('completed', (job, result) => end('completed', job, result));
      worker.on('failed', (job, error) => end('failed', job, error));
    });
    await worker.close();
  }

  const scenarios = {
    add: async (note) => {
      const queue = queueOf('add');
      const options = Object.freeze({ jobId: CANARY, priority: 2 });
      const promise = queue.add('mail', DATA, options);
      note('promise', [promise.constructor.name, Object.keys(promise)]);
      note('job', stripJob(await promise));
      note('options', options);
      await work(queue, 1, note, async (job) => `sent ${job.data.secret}`);
      note('state', await (await queue.getJob(CANARY)).getState());
    },
    bulk: async (note) => {
      const queue = queueOf('bulk');
      const jobs = await queue.addBulk([
        { name: 'mail', data: DATA },
        { name: 'bill', data: DATA, opts: { attempts: 2 } },
      ]);
      note('jobs', jobs.map(stripJob));
      await work(queue, 2, note, async () => undefined);
    },
    failing: async (note) => {
      const queue = queueOf('failing');
      await queue.add('mail', DATA, { attempts: 2 });
      await work(queue, 2, note, async (job) => JSON.parse(job.data.secret));
    },
    unrecoverable: async (note) => {
      const queue = queueOf('unrecoverable');
      await queue.add('mail', DATA, { attempts: 3 });
      await work(queue, 1, note, () => {
        throw new UnrecoverableError(`"${CANARY}" is no customer`);
      });
    },
    delayed: async (note) => {
      const queue = queueOf('delayed');
      await queue.add('mail', DATA);
      let attempt = 0;
      await work(queue, 1, note, async (job, token) => {
        if (++attempt > 1) return 'late';
        await job.moveToDelayed(Date.now() + 20, token);
        throw new DelayedError();
      });
    },
    chain: async (note) => {
      const [first, second] = [queueOf('chain'), queueOf('chain.second')];
      await first.add('mail', DATA);
      await work(first, 1, note, async () => (await second.add('bill', DATA)).name);
      await work(second, 1, note, async () => 'done');
    },
    flow: async (note) => {
      const [parent, child] = [queueOf('flow'), queueOf('flow.child')];
      const producer = new FlowProducer({ connection });
      open.push(producer);
      const children = [{ name: 'part', data: DATA, queueName: child.name, opts: {} }];
      const tree = await producer.add({ name: 'whole', queueName: parent.name, data: DATA, opts: {}, children });
      note('tree', [tree.job.name, tree.children.map(({ job }) => [job.name, job.data])]);
      await work(child, 1, note, async () => 1);
      await work(parent, 1, note, async (job) => Object.values(await job.getChildrenValues()));
      note('shape', Object.keys(producer).sort());
    },
    alone: async (note) => {
      const queue = queueOf('alone');
      await queue.add('mail', DATA, { telemetry: { omitContext: true } });
      await work(queue, 1, note, async () => 1);
    },
    // The application's own telemetry is told, and nobody else.
    own: async (note) => {
      const told = [];
      const span = {
        setSpanOnContext: (context) => context,
        setAttribute() {},
        setAttributes() {},
        addEvent() {},
        recordException() {},
        end() {},
      };
      const telemetry = {
        tracer: {
          startSpan(text) {
            if (/^(?:add|process)/.test(text)) told.push(text);
            return span;
          },
        },
        contextManager: {
          with: (_, fn) => fn(),
          active: () => ({}),
          getMetadata: () => 'mine',
          fromMetadata: () => ({}),
        },
      };
      const queue = queueOf('own', { telemetry });
      note('metadata', (await queue.add('mail', DATA)).opts.telemetry);
      await work(queue, 1, note, async (job) => job.opts.telemetry, { telemetry });
      return told;
    },
    // The text that comes with the job is none of Ferret's.
    foreign: async (note) => {
      const queue = queueOf('foreign');
      await queue.addBulk([{ name: 'mail', data: DATA, opts: { telemetry: { metadata: 'mine' } } }]);
      await work(queue, 1, note, async (job) => job.opts.telemetry);
    },
    misuse: async (note) => {
      const queue = queueOf('misuse');
      const circle = {};
      circle.self = circle;
      note('id', await queue.add('mail', DATA, { jobId: '0' }).catch(strip));
      note('circle', await queue.add('mail', circle).catch((error) => error.constructor.name));
    },
  };
  return {
    scenarios,
    close: () => Promise.all(open.map((each) => each.close())),
  };
}

/** A job without what differs from run to run, and without the trace, which goes with it. */
function stripJob({ name, data, opts: { telemetry, ...opts }, id, attemptsMade }) {
  return { name, data, opts, id: id.slice(0, 20), attemptsMade };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.name, class: error.constructor.name, message: error.message, own };
}
