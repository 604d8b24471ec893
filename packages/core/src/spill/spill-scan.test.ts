import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { batchOf, identityOfProcess, ledgerOf } from './spill.fixture.js';
import { encodeBatch, encodeEnd } from './spill-record.js';
import { scanSpill } from './spill-scan.js';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db.spill-p');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const me = identityOfProcess('p');
const line = (id: number, spans = 1) => encodeBatch(me, batchOf(id, spans, { started: id }));
const end = encodeEnd({ process: me, end: 'exit', endedAtMicros: 9, ledger: ledgerOf({ started: 42 }) });

async function scan(...parts: (Buffer | string)[]) {
  await writeFile(file, Buffer.concat(parts.map((part) => Buffer.from(part))));
  const handle = await open(file);
  try {
    return await scanSpill(handle);
  } finally {
    await handle.close();
  }
}

it('finds every batch, where it lies and how many spans it holds', async () => {
  const [one, two] = [line(1, 3), line(2)];
  expect(await scan(one, two)).toEqual({
    process: me,
    batches: [
      { id: 1, isDeferred: false, offset: 0, length: one.length - 1, spans: 3 },
      { id: 2, isDeferred: false, offset: one.length, length: two.length - 1, spans: 1 },
    ],
    ledger: ledgerOf({ started: 2 }),
    routeMinutes: [],
    end: undefined,
    damaged: 0,
    isNewer: false,
  });
});

it('knows the end of the process, and the ledger it left', async () => {
  expect(await scan(line(1), '\n', end)).toMatchObject({
    end: { reason: 'exit', atMicros: 9 },
    ledger: { started: 42 },
    damaged: 0,
  });
});

it('P3: takes the ledger of the end, also where a write that was under way comes after it', async () => {
  const { ledger, batches } = await scan(line(2), '\n', end, line(1));
  expect(ledger).toMatchObject({ started: 42 });
  expect(batches).toHaveLength(2);
});

it('goes by the ledger of a batch that knows more than the end: the process lived on', async () => {
  expect(await scan(line(1), '\n', end, line(43))).toMatchObject({ ledger: { started: 43 } });
});

it('puts batches in the order of their ids: the one in flight at the end comes last', async () => {
  const { batches } = await scan(line(4), line(5), line(3));
  expect(batches.map(({ id }) => id)).toEqual([3, 4, 5]);
});

it('takes a batch that is there twice once', async () => {
  const { batches } = await scan(line(1), line(2), line(2));
  expect(batches.map(({ id }) => id)).toEqual([1, 2]);
});

it('skips a torn last line, and one in the middle, and counts them', async () => {
  const torn = line(2).subarray(0, -20);
  expect(await scan(line(1), torn)).toMatchObject({ batches: [{ id: 1 }], damaged: 1 });
  expect(await scan(line(1), torn, '\n', line(3))).toMatchObject({ batches: [{ id: 1 }, { id: 3 }], damaged: 1 });
});

it('finds nothing in what is no spill file', async () => {
  expect(await scan('')).toMatchObject({ process: undefined, batches: [], damaged: 0 });
  expect(await scan('\n\n')).toMatchObject({ process: undefined, batches: [], damaged: 0 });
  expect(await scan('\0'.repeat(100_000), '\nx\n')).toMatchObject({ process: undefined, batches: [], damaged: 2 });
});

it('takes nothing from a file of a newer version, not even what it could read', async () => {
  const json = '{"version":99}';
  const newer = `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
  expect(await scan(line(1), newer, line(2))).toMatchObject({ batches: [], isNewer: true });
});

it('reads a line that is longer than a chunk of the file', async () => {
  const big = encodeBatch(me, { ...batchOf(1, 20_000), id: 1 });
  expect(big.length).toBeGreaterThan(2 * 1024 * 1024);
  expect(await scan(big, line(2))).toMatchObject({ batches: [{ spans: 20_000 }, { id: 2 }], damaged: 0 });
});
