import { rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOf } from '../../process/process-liveness.js';
import type { EndReason } from '../../sink/end-reason.js';
import { batchOf, identityOfProcess, ledgerOf } from '../../spill/spill.fixture.js';
import { spillFileOf } from '../../spill/spill-file.js';
import { encodeBatch, encodeEnd } from '../../spill/spill-record.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createOlderFile } from '../../testing/older-file.js';
import { createStoreFixture, FIXTURE_START_MICROS, type StoreFixture } from '../../testing/store-fixture.js';
import { type Crash, type CrashesOptions, openReader } from './file-reader.js';

/** A pid that no process has. */
const DEAD = 0x7fff_fffe;
const SECOND = 1_000_000;

let directory: string;
let file: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function fill(work: (store: StoreFixture, run: number) => Promise<void>): Promise<void> {
  const store = await createStoreFixture(file);
  await work(store, await store.addRun());
  await store.close();
}

async function crashes(options?: CrashesOptions): Promise<Crash[]> {
  const reader = await openReader(file);
  const found: Crash[] = [];
  for await (const crash of reader.crashes(options)) found.push(crash);
  await reader.close();
  return found;
}

const here = { hostname: hostname(), endedAtMicros: null, endReason: null };
const killed = { ...here, pid: DEAD };
const recovered = { endReason: 'crashed', hostname: hostname(), pid: DEAD };
const namesOf = (crash: Crash | undefined) => crash?.inFlight.map(({ name }) => name);

describe('a crash that has been recovered', () => {
  it('is told with what was interrupted, and not with what had ended', async () => {
    await fill(async (store, run) => {
      const process = await store.addProcess(run, { ...recovered, processKey: 'p' });
      await store.addSpan(process, { name: 'GET /done' });
      await store.addSpan(process, {
        name: 'GET /slow',
        spanId: '00000000000000a1',
        outcome: 'interrupted',
        durationNanos: 5e9,
        attributes: { 'url.path': '/slow', 'exception.message': 'no answer' },
      });
      await store.addSpan(process, { name: 'load', parentId: '00000000000000a1', outcome: 'interrupted' });
    });
    const [crash] = await crashes();
    expect(crash).toMatchObject({
      runId: 'run-1',
      service: 'shop',
      processKey: 'p',
      pid: DEAD,
      reason: 'crashed',
      isRecovered: true,
      mayBeIdle: false,
      startedAtMicros: FIXTURE_START_MICROS,
      endedAtMicros: FIXTURE_START_MICROS + 10 * SECOND,
      inFlightCount: 2,
    });
    expect(crash?.inFlight).toMatchObject([
      { name: 'GET /slow', durationNanos: 5e9, attributes: { 'url.path': '/slow', 'exception.message': 'no answer' } },
      { name: 'load', parentName: 'GET /slow' },
    ]);
  });

  it('is found though other processes have written between its rows', async () => {
    await fill(async (store, run) => {
      const [process, other] = [await store.addProcess(run, recovered), await store.addProcess(run)];
      await store.addSpan(process, { name: 'done' });
      await store.addSpan(other, { name: 'other' });
      await store.addSpan(process, { name: 'one', outcome: 'interrupted' });
      await store.addSpan(other, { name: 'other', outcome: 'interrupted' });
      await store.addSpan(process, { name: 'two', outcome: 'interrupted' });
      await store.addSpan(other, { name: 'other' });
    });
    expect((await crashes()).map(namesOf)).toEqual([['one', 'two']]);
  });

  it('is looked for no further back than it may lie, in a file of any size', async () => {
    await fill(async (store, run) => {
      const process = await store.addProcess(run, recovered);
      await store.addSpan(process, { name: 'too far back', outcome: 'interrupted' });
      await store.addSpan(process, { name: 'open', outcome: 'interrupted' });
      await store.database.run('UPDATE span SET id = 1000000 WHERE id = 2');
      await store.database.run('UPDATE process SET last_span_id = 1000000');
    });
    expect((await crashes()).map(namesOf)).toEqual([['open']]);
  });

  it('names the exception that ended it, and a process that ended otherwise is none', async () => {
    await fill(async (store, run) => {
      await store.addProcess(run, { endReason: 'uncaughtException', processKey: 'thrown' });
      for (const endReason of ['close', 'exit', 'SIGTERM', 'SIGINT']) await store.addProcess(run, { endReason });
    });
    expect(await crashes()).toMatchObject([{ processKey: 'thrown', reason: 'uncaughtException', inFlightCount: 0 }]);
  });
});

describe('a process that left no word', () => {
  it('and is dead has crashed, with what it last said is open', async () => {
    await fill(async (store, run) => {
      const process = await store.addProcess(run, killed);
      await store.addSpan(process, { name: 'GET /parent', traceId: 'ab'.repeat(16), spanId: '00000000000000b1' });
      await store.addOpenSpan(process, { name: 'late', startMicros: FIXTURE_START_MICROS + 8 * SECOND });
      await store.addOpenSpan(process, {
        name: 'child',
        traceId: 'ab'.repeat(16),
        parentId: '00000000000000b1',
        startMicros: FIXTURE_START_MICROS + 7 * SECOND,
        attributes: { 'url.path': '/x' },
      });
    });
    const [crash] = await crashes();
    expect(crash).toMatchObject({ reason: 'crashed', isRecovered: false, inFlightCount: 2 });
    expect(crash?.inFlight).toMatchObject([
      { name: 'child', parentName: 'GET /parent', durationNanos: 3e9, attributes: { 'url.path': '/x' } },
      { name: 'late', durationNanos: 2e9, outcome: 'interrupted' },
    ]);
    expect(crash?.inFlight[1]).not.toHaveProperty('parentName');
  });

  it('is not said to have had open what it has stored since', async () => {
    await fill(async (store, run) => {
      const process = await store.addProcess(run, killed);
      await store.addSpan(process, { spanId: '00000000000000a1' });
      await store.addOpenSpan(process, { spanId: '00000000000000a1' });
      await store.addOpenSpan(process, { spanId: '00000000000000a2', name: 'open' });
    });
    expect((await crashes()).map(namesOf)).toEqual([['open']]);
  });

  it('and is alive has not crashed', async () => {
    await fill(async (store, run) => {
      await store.addProcess(run, { ...here, pid: process.pid });
      await store.addProcess(run, { ...here, pid: process.pid, pidStart: startOf(process.pid)! });
    });
    expect(await crashes()).toEqual([]);
  });

  it.runIf(startOf(process.pid) !== null)('is not mistaken for another with the same pid', async () => {
    await fill(async (store, run) => {
      await store.addProcess(run, { ...here, pid: process.pid, pidStart: '1' });
    });
    expect(await crashes()).toHaveLength(1);
  });

  it('on another host is known by its silence only', async () => {
    await fill(async (store, run) => {
      await store.addProcess(run, { ...here, hostname: 'elsewhere', processKey: 'silent' });
      await store.addProcess(run, { ...here, hostname: 'elsewhere', lastSeenMicros: Date.now() * 1_000 });
    });
    expect(await crashes()).toMatchObject([{ processKey: 'silent', mayBeIdle: true }]);
    const reader = await openReader(file);
    expect((await reader.run()).processes.map(({ state }) => state)).toEqual(['silent', 'running']);
    await reader.close();
  });
});

describe('a process that said how it ended in its spill file only', () => {
  const sayEnd = (end: EndReason) => {
    const by = identityOfProcess('p');
    const word = encodeEnd({ process: by, end, endedAtMicros: 42, ledger: ledgerOf() });
    return writeFile(spillFileOf(file, 'p'), Buffer.concat([encodeBatch(by, batchOf(1)), word]));
  };

  async function states(): Promise<string[]> {
    const reader = await openReader(file);
    const [run] = await reader.runs();
    await reader.close();
    return run!.processes.map(({ state }) => state);
  }

  beforeEach(() =>
    fill(async (store, run) => {
      await store.addOpenSpan(await store.addProcess(run, { ...killed, processKey: 'p' }), { name: 'open' });
    }),
  );

  it('has not crashed, if it was asked to end', async () => {
    await sayEnd('exit');
    expect([await crashes(), await states()]).toEqual([[], ['ended']]);
  });

  it('has crashed by the exception it names', async () => {
    await sayEnd('uncaughtException');
    expect(await crashes()).toMatchObject([
      { reason: 'uncaughtException', endedAtMicros: 42, inFlight: [{ name: 'open' }] },
    ]);
    expect(await states()).toEqual(['crashed']);
  });

  it('was killed, if there is no whole word of its end', async () => {
    await writeFile(spillFileOf(file, 'p'), 'torn\n');
    expect([(await crashes()).map(({ reason }) => reason), await states()]).toEqual([['crashed'], ['crashed']]);
  });
});

describe('many crashes', () => {
  it('come the latest first, and one run at a time where that is asked for', async () => {
    await fill(async (store, run) => {
      const other = await store.addRun({ runId: 'other' });
      const at = (seconds: number) => ({ lastSeenMicros: FIXTURE_START_MICROS + seconds * SECOND });
      await store.addProcess(run, { ...recovered, ...at(1), processKey: 'first' });
      await store.addProcess(other, { ...killed, ...at(3), processKey: 'third' });
      await store.addProcess(run, { ...recovered, ...at(2), processKey: 'second' });
    });
    expect((await crashes()).map(({ processKey }) => processKey)).toEqual(['third', 'second', 'first']);
    expect((await crashes({ runId: 'other' })).map(({ processKey }) => processKey)).toEqual(['third']);
  });

  it('are read with as many spans as asked for, and say how many there are', async () => {
    await fill(async (store, run) => {
      const [one, two] = [await store.addProcess(run, recovered), await store.addProcess(run, killed)];
      for (let index = 0; index < 5; index += 1) {
        await store.addSpan(one, { outcome: 'interrupted' });
        await store.addOpenSpan(two);
      }
    });
    for (const crash of await crashes({ spanLimit: 2 })) {
      expect(crash).toMatchObject({ inFlightCount: 5, inFlight: { length: 2 } });
    }
  });
});

describe('the spill files beside a file', () => {
  it('are named with their size, if they hold something', async () => {
    await fill(async () => {});
    await writeFile(`${file}.spill-b`, 'four');
    await writeFile(`${file}.spill-a`, '');
    await writeFile(join(directory, 'other.db.spill-c'), 'four');
    const reader = await openReader(file);
    expect(await reader.spillFiles()).toEqual([{ file: `${file}.spill-b`, bytes: 4 }]);
    await reader.close();
  });
});

it('in an older file can be read, before anybody has brought it up to date', async () => {
  await createOlderFile(
    file,
    `INSERT INTO run VALUES (1, 'old', 'shop', 1, '{}');
     INSERT INTO process (process_key, run_id, pid, thread_id, thread_name, hostname, node_version, started_at_us, last_seen_us)
     VALUES ('dead', 1, ${DEAD}, 0, 'main', '${hostname()}', '20', 1, 2),
            ('alive', 1, ${process.pid}, 0, 'main', '${hostname()}', '20', 1, 2);
     INSERT INTO open_span VALUES (1, x'ab', x'cd', NULL, 'GET /', 1, 1, NULL, 1);`,
  );
  expect(await crashes()).toMatchObject([{ processKey: 'dead', inFlight: [{ name: 'GET /', isLocalRoot: true }] }]);
  const reader = await openReader(file);
  expect((await reader.run('old')).processes.map(({ state }) => state)).toEqual(['crashed', 'running']);
  await reader.close();
});
