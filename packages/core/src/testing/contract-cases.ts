import assert from 'node:assert/strict';
import { createFerret } from '../ferret/default-ferret.js';
import { identifyProcess } from '../process/process-identity.js';
import type { SpanRecord } from '../trace/span.js';
import { assertStored, contractSpan, type Harness } from './contract-harness.js';

/** A rule of the contract, and what it needs of the options to be checked. */
export interface SinkRule {
  readonly name: string;
  readonly needs?: 'knowsBatches' | 'interrupt';
  readonly run: (harness: Harness) => Promise<void>;
}

/** Spans of all kinds and outcomes, with attributes of all types, and texts that stores have trouble with. */
function manySpans(): SpanRecord[] {
  const root = contractSpan({
    name: 'GET /users/:id',
    kind: 'server',
    httpMethod: 'GET',
    httpRoute: '/users/:id',
    httpStatusCode: 500,
    errorType: '500',
    outcome: 'error',
    sharedAttributes: Object.freeze({ 'server.address': 'localhost' }),
    attributes: { text: 'x'.repeat(1024), number: 1.5, flag: false, list: ['a', 'b'], 'exception.message': 'no' },
  });
  const below = { traceId: root.traceId, parentId: root.spanId, isLocalRoot: false };
  return [
    root,
    contractSpan({ ...below, name: 'it\'s "quoted" \\ \n 漢字 🦦', kind: 'client', attributes: { '': 'empty key' } }),
    contractSpan({ ...below, name: '', kind: 'producer', outcome: 'aborted', durationNanos: 0 }),
    contractSpan({
      ...below,
      kind: 'consumer',
      outcome: 'interrupted',
      attributes: { big: Number.MAX_SAFE_INTEGER },
      links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: { why: 'sent by' } }],
      events: [{ name: 'retry', timeMicros: root.startMicros + 5, attributes: { attempt: 2 } }],
    }),
    contractSpan({ name: 'n'.repeat(1024), sampling: { reason: 'slow', probability: 0.25 } }),
  ];
}

/** In the order of a reading: what is stored, what comes again, who else writes, and the end. */
export const CASES: readonly SinkRule[] = [
  {
    name: 'stores every span of a batch, with all that it says',
    async run(harness) {
      const spans = manySpans();
      await harness.write(harness.batch(spans));
      assertStored(await harness.closeAndRead(), spans);
    },
  },
  {
    name: 'stores batches one after the other, also one without spans',
    async run(harness) {
      const spans = [contractSpan(), contractSpan(), contractSpan()];
      await harness.write(harness.batch(spans.slice(0, 1)));
      await harness.write(harness.batch([]));
      await harness.write(harness.batch(spans.slice(1)));
      assertStored(await harness.closeAndRead(), spans);
    },
  },
  {
    name: 'stores a batch that was deferred, though later ones are stored',
    async run(harness) {
      const [first, deferred, later] = [contractSpan(), contractSpan(), contractSpan()];
      await harness.write(harness.batch([first], { id: 1 }));
      await harness.write(harness.batch([later], { id: 3 }));
      await harness.write(harness.batch([deferred], { id: 2, isDeferred: true }));
      assertStored(await harness.closeAndRead(), [first, later, deferred]);
    },
  },
  {
    name: 'stores a batch that comes again once, deferred or not',
    needs: 'knowsBatches',
    async run(harness) {
      const batch = harness.batch([contractSpan(), contractSpan()], { id: 2 });
      const deferred = harness.batch([contractSpan()], { id: 1, isDeferred: true });
      for (const each of [batch, batch, deferred, deferred]) await harness.write(each);
      assertStored(await harness.closeAndRead(), [...batch.spans, ...deferred.spans]);
    },
  },
  {
    name: 'tells a batch that another process left from its own with the same id',
    async run(harness) {
      const other = identifyProcess('contract-other', 'contract', { 'service.name': 'contract' });
      const [own, left] = [contractSpan({ name: 'own' }), contractSpan({ name: 'left' })];
      await harness.write(harness.batch([own], { id: 1 }));
      await harness.write(harness.batch([left], { id: 1, process: other, endReason: 'crashed' }));
      assertStored(await harness.closeAndRead(), [own, left]);
    },
  },
  {
    name: 'says STORE_UNAVAILABLE while the store cannot be reached, and takes the same batch afterwards',
    needs: 'interrupt',
    async run(harness) {
      const before = harness.batch([contractSpan()]);
      await harness.write(before);
      const batch = harness.batch([contractSpan()]);
      const restore = await harness.interrupt();
      try {
        await assert.rejects(harness.writeOnce(batch), { code: 'STORE_UNAVAILABLE' });
      } finally {
        await restore();
      }
      await harness.write(batch);
      assertStored(await harness.closeAndRead(), [...before.spans, ...batch.spans]);
    },
  },
  {
    name: 'takes what is told once a second, and takes it again',
    async run(harness) {
      const openSpans = [contractSpan({ name: 'open', durationNanos: 0 })];
      const minuteMicros = Math.floor(Date.now() / 60_000) * 60_000_000;
      const figures = { count: 2, sumNanos: 20, minNanos: 10, maxNanos: 10, buckets: '' };
      const routeMinutes = [{ minuteMicros, name: 'work', outcome: 'ok' as const, ...figures }];
      const ended = contractSpan();
      await harness.tick(harness.tickOf({ openSpans, routeMinutes }));
      await harness.write(harness.batch([ended]));
      await harness.tick(harness.tickOf({ openSpans, routeMinutes }));
      await harness.tick(harness.tickOf());
      assertStored(await harness.closeAndRead(), [ended]);
    },
  },
  {
    name: 'has all that was stored when it is closed, and takes the last word of its process',
    async run(harness) {
      const span = contractSpan();
      await harness.write(harness.batch([span]));
      await harness.write(harness.batch([], { endReason: 'close' }));
      assertStored(await harness.closeAndRead(), [span]);
    },
  },
  {
    name: 'leaves a batch as it is, as other sinks get the same spans',
    async run(harness) {
      const spans = manySpans();
      const before = JSON.stringify(spans);
      await harness.write(harness.batch(spans));
      assert.equal(JSON.stringify(spans), before, 'the sink has changed the spans of a batch');
      await harness.sink.close();
    },
  },
  {
    name: 'is closed where nothing was written or opened',
    async run(harness) {
      await harness.sink.close();
    },
  },
  {
    name: 'keeps up with a Ferret whose ledger adds up',
    async run(harness) {
      await recordThrough(harness.sink);
      assert.equal((await harness.read()).length, RECORDED);
    },
  },
];

const RECORDED = 2_000;

async function recordThrough(sink: Harness['sink']): Promise<void> {
  const problems: string[] = [];
  const ferret = createFerret({
    sink,
    shutdownHooks: false,
    maxSpansPerSecond: Number.POSITIVE_INFINITY,
    onDiagnostic: ({ code, message }) => {
      if (code !== 'STORE_UNAVAILABLE') problems.push(message);
    },
  });
  for (let count = 0; count < RECORDED; count++) ferret.start('recorded').end();
  await ferret.flush();
  const { complete, unwritten, ledger } = await ferret.close();
  assert.deepEqual(
    { problems, complete, unwritten, stored: ledger.stored },
    {
      problems: [],
      complete: true,
      unwritten: 0,
      stored: RECORDED,
    },
  );
}
