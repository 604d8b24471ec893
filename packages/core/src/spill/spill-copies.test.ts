import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, type Mock, vi } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { batchOf, identityOfProcess } from './spill.fixture.js';
import { SpillCopyFile } from './spill-copies.js';
import { COPIES, findSpillFiles, NEXT_COPIES, spillFileOf } from './spill-file.js';

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof import('node:fs')>();
  return {
    ...actual,
    openSync: vi.fn(actual.openSync),
    writeSync: vi.fn(actual.writeSync),
    closeSync: vi.fn(actual.closeSync),
    renameSync: vi.fn(actual.renameSync),
    rmSync: vi.fn(actual.rmSync),
  };
});

const CALLS = Object.entries({ openSync, writeSync, closeSync, renameSync, rmSync }) as unknown as [string, Mock][];

let directory: string;
let database: string;
let file: string;

beforeEach(() => {
  directory = temporaryDirectory();
  database = join(directory, 'ferret.db');
  file = spillFileOf(database, 'p', COPIES);
});

afterEach(() => {
  for (const [, mock] of CALLS) mock.mockReset();
  rmSync(directory, { recursive: true, force: true });
});

const copies = (room = 1e9) => new SpillCopyFile(database, identityOfProcess('p'), () => room);

/** Does this first, whenever one of the functions is called. */
function beforeEachCall(look: (name: string) => void): void {
  for (const [name, mock] of CALLS) {
    const actual = mock.getMockImplementation()!;
    mock.mockImplementation((...parameters) => {
      look(name);
      return actual(...parameters);
    });
  }
}

it('P23: are whole at every moment of being replaced', async () => {
  const copy = copies();
  copy.save([batchOf(1)]);
  const first = readFileSync(file, 'utf8');
  const seen: string[] = [];
  const calls: string[] = [];
  beforeEachCall((name) => {
    calls.push(name);
    seen.push(readFileSync(file, 'utf8'));
  });
  copy.save([batchOf(2), batchOf(3)]);
  expect(calls).toEqual(['openSync', 'writeSync', 'closeSync', 'renameSync']);
  expect(new Set(seen)).toEqual(new Set([first]));
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
  expect(readdirSync(directory)).toEqual([`ferret.db.spill-p.${COPIES}`]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  copy.discard();
  expect(readdirSync(directory)).toEqual([]);
});

it.each(CALLS.filter(([name]) => /^(open|write|rename)/.test(name)))('stay as they were where %s fails', (_, mock) => {
  const copy = copies();
  copy.save([batchOf(1)]);
  const first = readFileSync(file, 'utf8');
  mock.mockImplementationOnce(() => {
    throw new Error('EIO');
  });
  copy.save([batchOf(2)]);
  expect(readFileSync(file, 'utf8')).toBe(first);
  copy.save([batchOf(3)]);
  expect(readFileSync(file, 'utf8')).not.toBe(first);
});

it('leaves nothing torn of the first ones', () => {
  vi.mocked(writeSync).mockImplementationOnce(() => 1);
  const copy = copies();
  copy.save([batchOf(1)]);
  expect(readdirSync(directory)).toEqual([]);
  copy.save([batchOf(1)]);
  expect(readdirSync(directory)).toEqual([`ferret.db.spill-p.${COPIES}`]);
});

it('leaves alone what lies there already, and is nobody’s spill file while it is being written', async () => {
  writeFileSync(file, 'somebody else’s');
  const copy = copies();
  copy.save([batchOf(1)]);
  copy.discard();
  expect(readFileSync(file, 'utf8')).toBe('somebody else’s');
  writeFileSync(spillFileOf(database, 'p', NEXT_COPIES), 'torn');
  expect(await findSpillFiles(database)).toEqual([file]);
});
