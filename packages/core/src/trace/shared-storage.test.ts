import { beforeEach, describe, expect, it } from 'vitest';
import { createFerret } from '../ferret/default-ferret.js';
import { startLeaf, startSpan } from '../ferret/instrumentation.js';
import { MemorySink } from '../sink/memory-sink.js';
import { currentSpan, runWith, shareStorage, unrecorded, withSpan } from './context.js';
import type { Span } from './span.js';

/** A context of another library: some values, and a span. */
interface Stored {
  readonly values: string;
  readonly span: Span | undefined;
}

const isStored = (stored: Stored | Span | undefined): stored is Stored => stored !== undefined && 'values' in stored;
const storage = shareStorage<Stored>({
  spanOf: (stored) => (isStored(stored) ? stored.span : stored),
  storedFor: (span, now) => (isStored(now) ? { values: now.values, span } : span),
});

let sink: MemorySink;
let ferret: ReturnType<typeof createFerret>;

beforeEach(() => {
  sink = new MemorySink();
  ferret = createFerret({ sink, shutdownHooks: false });
});

describe('a storage that another library shares', () => {
  it('tells Ferret spans alone, and the library everything', () => {
    const span = ferret.start('work');
    storage.run({ values: 'a', span }, () => {
      expect(currentSpan()).toBe(span);
      expect(storage.getStore()).toEqual({ values: 'a', span });
      startLeaf('leaf', 'client')?.end();
      expect(startSpan('below').parentId).toBe(span.spanId);
    });
    expect(storage.getStore()).toBeUndefined();
    expect(withSpan(span, () => storage.getStore())).toBe(span);
  });

  it('carries on what the library has stored, where Ferret changes the span', () => {
    storage.run({ values: 'a', span: undefined }, () => {
      ferret.measure('work', (span) => {
        expect(storage.getStore()).toEqual({ values: 'a', span });
        runWith(undefined, () => expect(storage.getStore()).toEqual({ values: 'a', span: undefined }));
        unrecorded(() => expect(storage.getStore()).toEqual({ values: 'a', span: storage.unrecorded }));
        expect(currentSpan()).toBe(span);
      });
      expect(storage.getStore()).toEqual({ values: 'a', span: undefined });
    });
  });

  it('goes back to what was there, whatever is thrown, and wherever it goes on', async () => {
    const span = ferret.start('work');
    const stored = { values: 'a', span };
    const failing = () =>
      storage.run(stored, () => {
        throw new Error('thrown');
      });
    expect(failing).toThrow('thrown');
    expect(storage.getStore()).toBeUndefined();
    await storage.run(stored, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(storage.getStore()).toBe(stored);
      await ferret.measure('inner', async () => {
        await null;
        expect(currentSpan()?.parentId).toBe(span.spanId);
      });
      expect(storage.getStore()).toBe(stored);
    });
    expect(currentSpan()).toBeUndefined();
  });

  it('records nothing below the span of what is not recorded', async () => {
    storage.run({ values: 'a', span: storage.unrecorded }, () => {
      expect(currentSpan()).toBeUndefined();
      ferret.measure('hidden', () => expect(startLeaf('leaf', 'client')).toBeUndefined());
    });
    await ferret.flush();
    expect(sink.spans).toEqual([]);
  });

  it('can be entered for what follows', () => {
    const span = ferret.start('work');
    const before = storage.getStore();
    storage.enterWith({ values: 'a', span });
    expect(currentSpan()).toBe(span);
    storage.enterWith(before);
    expect(currentSpan()).toBeUndefined();
  });
});
