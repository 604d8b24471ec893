import type { Library } from '../../library.js';
import { wrapAll, wrapMethod } from '../../wrap-method.js';
import { addJobs } from './add.js';
import { patchFlowProducer } from './flow.js';
import { ProcessSpan, processJob } from './process.js';
import type { Queue, Traced } from './shapes.js';

/**
 * Queues and workers of BullMQ. Every piece of their work goes through one method, `trace`, which tells the
 * application's own `telemetry` of it. Where there is none, it tells Ferret.
 */
export const bullmq: Library = {
  name: 'bullmq',
  ways: [
    {
      how: 'hook',
      package: 'bullmq',
      versions: '>=5.34 <7',
      file: 'dist/cjs/classes/queue-base.js',
      patch: patchQueue,
    },
    { how: 'hook', package: 'bullmq', versions: '>=5.34 <7', file: 'dist/cjs/classes/worker.js', patch: patchWorker },
    {
      how: 'hook',
      package: 'bullmq',
      versions: '>=5.34 <7',
      file: 'dist/cjs/classes/flow-producer.js',
      patch: patchFlowProducer,
    },
  ],
};

const PRODUCER = 3;
const CONSUMER = 4;

function patchQueue(exports: unknown): void {
  const { QueueBase } = exports as { readonly QueueBase: { readonly prototype: object } };
  wrapAll(QueueBase.prototype, {
    trace: (original) =>
      function trace(this: unknown, ...args: unknown[]) {
        const traced = tracedOf(this as Queue, args);
        return traced?.(this as Queue, args) ?? original.apply(this, args);
      },
  });
}

type Work = (queue: Queue, args: readonly unknown[]) => Promise<unknown> | undefined;

function tracedOf(queue: Queue, [kind, operation, , callback]: readonly unknown[]): Work | undefined {
  if (queue.opts?.telemetry || typeof callback !== 'function') return undefined;
  if (kind === CONSUMER && operation === 'process') {
    return (_, args) => processJob(queue, callback as Traced, args[4]);
  }
  if (kind === PRODUCER && (operation === 'add' || operation === 'addBulk'))
    return () => addJobs(queue, callback as Traced);
  return undefined;
}

/** The method is given the error. Older versions have it inside another one: there, the span has no error. */
function patchWorker(exports: unknown): void {
  const { Worker } = exports as { readonly Worker: { readonly prototype: object } };
  wrapMethod(
    Worker.prototype,
    'handleFailed',
    (original) =>
      function handleFailed(this: unknown, ...args: unknown[]) {
        const span = args[4];
        if (span instanceof ProcessSpan) span.note(args[0]);
        return original.apply(this, args);
      },
  );
}
