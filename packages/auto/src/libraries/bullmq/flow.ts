import type { Leaf } from '@ferretjs/core/adapter';
import { failMessaging, messageHeaders, startPublish } from '../../messaging/message-span.js';
import { AddSpan } from './add.js';

/** The name by which BullMQ starts the span of one job of a flow, followed by the job's queue. */
const NODE = 'addNode ';

type Context = Leaf | undefined;

/** The span of one job, or of nothing. */
class FlowSpan extends AddSpan {
  readonly #leaf: Context;

  constructor(leaf: Context) {
    super(leaf);
    this.#leaf = leaf;
  }

  setSpanOnContext(): Context {
    return this.#leaf;
  }

  override recordException(exception: unknown): void {
    if (this.#leaf !== undefined) failMessaging(this.#leaf, exception);
  }

  end(): void {
    this.#leaf?.end();
  }
}

/**
 * The `telemetry` of producers of flows that have none. Each job is a span, and whoever processes it is linked to that.
 */
const telemetry = Object.freeze({
  tracer: {
    startSpan(name: string): FlowSpan {
      const isNode = name.startsWith(NODE);
      return new FlowSpan(isNode ? startPublish({ system: 'bullmq', name: name.slice(NODE.length) }) : undefined);
    },
  },
  contextManager: {
    active: (): Context => undefined,
    with: <Result>(_: Context, work: () => Result): Result => work(),
    getMetadata: (context: Context): string => (context === undefined ? '' : JSON.stringify(messageHeaders(context))),
    fromMetadata: (): Context => undefined,
  },
});

/** A producer with a telemetry of the application's has a property of its own. */
export function patchFlowProducer(exports: unknown): void {
  const { prototype } = (exports as { readonly FlowProducer: { readonly prototype: object } }).FlowProducer;
  if ('telemetry' in prototype) throw new TypeError('FlowProducer.prototype has a telemetry.');
  Object.defineProperty(prototype, 'telemetry', { value: telemetry, writable: true, configurable: true });
}
