import type { Leaf } from '@ferretjs/core/adapter';
import { failMessaging, messageHeaders, startPublish } from '../../messaging/message-span.js';
import { destinationOf, keptOf, type Queue, type TelemetrySpan, type Traced } from './shapes.js';

/** Adds jobs in a span; `undefined` where nothing is recorded, and nothing has been called. */
export function addJobs(queue: Queue, add: Traced): Promise<unknown> | undefined {
  const leaf = startPublish(destinationOf(queue));
  if (leaf === undefined) return undefined;
  // The format of `bullmq-otel`, so that either side may be another library.
  return settle(leaf, () => add(new AddSpan(leaf), JSON.stringify(messageHeaders(leaf))));
}

async function settle(leaf: Leaf, work: () => Promise<unknown>): Promise<unknown> {
  try {
    const result = await work();
    leaf.end();
    return result;
  } catch (error) {
    failMessaging(leaf, error);
    throw error;
  }
}

/** The span of a job that is put into a queue, as BullMQ sees it. */
export class AddSpan implements TelemetrySpan {
  readonly #leaf: Leaf | undefined;

  constructor(leaf: Leaf | undefined) {
    this.#leaf = leaf;
  }

  setAttribute(key: string, value: unknown): void {
    this.setAttributes({ [key]: value });
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): void {
    const count = attributes['bullmq.job.bulk.count'];
    this.#leaf?.annotate({
      ...keptOf(attributes),
      ...(typeof count === 'number' && { 'messaging.batch.message_count': count }),
    });
  }

  addEvent(): void {}

  recordException(_exception: unknown): void {}
}
