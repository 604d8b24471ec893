import { appendFile, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { MemorySink } from '../sink/memory-sink.js';
import { type SinkTick, type SpanBatch, StoreForeignError, StoreUnavailableError } from '../sink/sink.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { RecoveringSink } from './recovering-sink.js';
import { batchOf, identityOfProcess, ledgerOf } from './spill.fixture.js';
import { COPIES, spillFileOf } from './spill-file.js';
import { encodeBatch, encodeEnd, encodeStatistics } from './spill-record.js';

const KEY = '00000000-0000-4000-8000-00000000000';
const dead = identityOfProcess(`${KEY}1`);
const alive = (digit: number) => identityOfProcess(`${KEY}${digit}`, { pid: process.pid });

let place: string;
let reports: [DiagnosticCode, string][];
let written: SpanBatch[];
let ticks: SinkTick[];

beforeEach(async () => {
  place = join(temporaryDirectory(), 'spans');
  reports = [];
  written = [];
  ticks = [];
});

function build(beforeWrite: (batch: SpanBatch) => void | Promise<void> = () => {}) {
  const inner = Object.assign(
    new MemorySink(async (batch) => {
      await beforeWrite(batch);
      written.push(batch);
    }),
    { tick: async (tick: SinkTick) => void ticks.push(tick) },
  );
  return new RecoveringSink(inner, place, (code, message) => reports.push([code, message]));
}

const leave = (by: ProcessIdentity, records: readonly Buffer[], suffix = 0) =>
  writeFile(spillFileOf(place, by.processKey, suffix), Buffer.concat(records));
const files = async () => (await readdir(join(place, '..'))).sort();
const tick: SinkTick = { openSpans: [], routeMinutes: [], ledger: ledgerOf() };
const idsOf = (batches: readonly SpanBatch[]) => batches.map(({ id }) => id);

describe('what a dead process left', () => {
  it('reaches the sink as that of its process, with its ledger and its end, and is gone then', async () => {
    const left = { started: 10, stored: 4, spilled: 6 };
    const minutes = [
      {
        minuteMicros: 0,
        name: 'a',
        outcome: 'ok' as const,
        count: 1,
        sumNanos: 1,
        minNanos: 1,
        maxNanos: 1,
        buckets: '',
      },
    ];
    await leave(dead, [
      ...[7, 5, 6].map((id) => encodeBatch(dead, { ...batchOf(id, 2, left), isDeferred: true })),
      encodeStatistics({ process: dead, routeMinutes: minutes }),
      encodeEnd({ process: dead, end: 'SIGTERM', endedAtMicros: 1, ledger: ledgerOf(left) }),
    ]);
    await build().open(alive(2));
    expect(idsOf(written)).toEqual([5, 6, 7]);
    for (const batch of written)
      expect(batch).toMatchObject({ process: { processKey: dead.processKey }, isDeferred: true });
    expect(written.map(({ ledger }) => [ledger.started, ledger.stored, ledger.spilled, ledger.pending])).toEqual([
      [10, 6, 4, 0],
      [10, 8, 2, 0],
      [10, 10, 0, 0],
    ]);
    expect(written.map(({ endReason }) => endReason)).toEqual([undefined, undefined, 'SIGTERM']);
    expect(ticks).toMatchObject([{ process: { processKey: dead.processKey }, openSpans: [], routeMinutes: minutes }]);
    expect([await files(), reports]).toEqual([[], []]);
  });

  it('is not what the process had stored from its spill file itself', async () => {
    const end = { process: dead, end: 'exit' as const, endedAtMicros: 1, ledger: ledgerOf(), storedUpTo: 2 };
    const deferred = [1, 2, 4].map((id) => encodeBatch(dead, { ...batchOf(id), isDeferred: true }));
    await leave(dead, [...deferred, encodeBatch(dead, batchOf(3)), encodeEnd(end)]);
    await build().open(alive(2));
    expect([idsOf(written), await files()]).toEqual([[3, 4], []]);
  });

  it('is that of a crash where it left no word; what is both in the spill and copied comes once', async () => {
    await leave(dead, [encodeBatch(dead, batchOf(1)), encodeBatch(dead, batchOf(2))]);
    await leave(dead, [encodeBatch(dead, batchOf(2)), encodeBatch(dead, batchOf(3))], COPIES);
    await build().open(alive(2));
    expect(written.map(({ id, endReason }) => [id, endReason])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 'crashed'],
    ]);
    expect(await files()).toEqual([]);
  });

  it('comes once, too, where the next process goes on in the second of two files', async () => {
    await leave(dead, [encodeBatch(dead, batchOf(1)), encodeBatch(dead, batchOf(2))]);
    await leave(dead, [encodeBatch(dead, batchOf(2)), encodeBatch(dead, batchOf(3))], COPIES);
    let isAvailable = true;
    const sink = build(({ id }) => {
      if (id === 3) isAvailable = false;
      if (!isAvailable) throw new StoreUnavailableError('busy');
    });
    await sink.open(alive(2));
    await sink.close();
    expect(idsOf(written)).toEqual([1, 2]);
    await build().open(alive(3));
    expect([idsOf(written), await files()]).toEqual([[1, 2, 3], []]);
  });

  it('is kept where the place becomes unusable meanwhile, and the own spans go on', async () => {
    await leave(
      dead,
      [1, 2].map((id) => encodeBatch(dead, batchOf(id))),
    );
    const directory = join(place, '..');
    const sink = build(async () => {
      await rename(directory, `${directory}-moved`);
      await writeFile(directory, 'not a directory');
      throw new StoreUnavailableError('busy');
    });
    await sink.open(alive(2));
    await sink.close();
    expect(reports.map(([code]) => code)).toEqual(['SPILL_FAILED']);
    expect(await readdir(`${directory}-moved`)).toHaveLength(1);
  });

  it('is left alone while its process lives, unless it has said its last', async () => {
    await leave(alive(3), [encodeBatch(alive(3), batchOf(1))]);
    await leave(alive(4), [
      encodeBatch(alive(4), batchOf(1)),
      encodeEnd({ process: alive(4), end: 'close', endedAtMicros: 1, ledger: ledgerOf() }),
    ]);
    await build().open(alive(2));
    expect(written.map((batch) => batch.process?.processKey)).toEqual([`${KEY}4`]);
    expect(await files()).toEqual([`spans.spill-${KEY}3`]);
  });

  it('waits while the sink is unavailable, and goes on where it stopped', async () => {
    await leave(
      dead,
      [1, 2, 3].map((id) => encodeBatch(dead, batchOf(id))),
    );
    let isBusy = false;
    const sink = build(() => {
      if (isBusy) throw new StoreUnavailableError('busy');
      isBusy = true;
    });
    await sink.open(alive(2));
    await sink.tick(tick);
    expect([idsOf(written), await files()]).toEqual([[1], [`spans.spill-${KEY}1.taken-${KEY}2-1`]]);
    isBusy = false;
    await sink.tick(tick);
    isBusy = false;
    await sink.tick(tick);
    expect([idsOf(written), await files(), reports]).toEqual([[1, 2, 3], [], []]);
  });

  it('goes on with the next process where this one stopped, closed or dead', async () => {
    await leave(
      dead,
      [1, 2, 3, 4].map((id) => encodeBatch(dead, batchOf(id))),
    );
    const once = () => {
      let isFirst = true;
      return () => {
        if (!isFirst) throw new StoreUnavailableError('busy');
        isFirst = false;
      };
    };
    const closed = build(once());
    await closed.open(alive(2));
    await closed.close();
    expect(await files()).toEqual([`spans.spill-${KEY}1.taken--1`]);
    await build(once()).open(alive(3));
    const held = `spans.spill-${KEY}1.taken-${KEY}3-2`;
    expect(await files()).toEqual([held]);
    await build().open(alive(4));
    expect(idsOf(written)).toEqual([1, 2]);
    const minuteAgo = new Date(Date.now() - 61_000);
    await utimes(join(place, '..', held), minuteAgo, minuteAgo);
    await build().open(alive(5));
    expect([idsOf(written), await files()]).toEqual([[1, 2, 3, 4], []]);
  });

  it('is taken in by one of several processes that start at once', async () => {
    await leave(
      dead,
      [1, 2, 3].map((id) => encodeBatch(dead, batchOf(id))),
    );
    await Promise.all([2, 3, 4, 5].map((digit) => build().open(alive(digit))));
    expect([idsOf(written), await files(), reports]).toEqual([[1, 2, 3], [], []]);
  });

  it('is lost where the sink refuses it, batch by batch, and kept where the sink is of another program', async () => {
    await leave(
      dead,
      [1, 2].map((id) => encodeBatch(dead, batchOf(id))),
    );
    await build(({ id }) => {
      if (id === 1) throw new Error('no');
    }).open(alive(2));
    expect([idsOf(written), await files()]).toEqual([[2], []]);
    expect(reports).toEqual([
      ['WRITE_FAILED', expect.stringMatching(/^1 spans that process .* left .* are lost: no$/)],
    ]);
    await leave(dead, [encodeBatch(dead, batchOf(1))]);
    await build(() => {
      throw new StoreForeignError('not ours');
    }).open(alive(3));
    expect(await files()).toEqual([`spans.spill-${KEY}1.taken--0`]);
  });

  it('may be torn, newer, or not ours at all', async () => {
    await leave(dead, [encodeBatch(dead, batchOf(1)), encodeBatch(dead, batchOf(2)).subarray(0, 50)]);
    await writeFile(spillFileOf(place, `${KEY}6`), 'a letter to my aunt');
    await appendFile(spillFileOf(place, `${KEY}7`), '');
    const sink = build();
    await sink.open(alive(2));
    await sink.tick(tick);
    expect([idsOf(written), await files()]).toEqual([[1], [`spans.spill-${KEY}6`, `spans.spill-${KEY}7`]]);
    expect(reports.map(([code]) => code).sort()).toEqual(['SPILL_DAMAGED', 'SPILL_FAILED', 'SPILL_FAILED']);
  });
});
