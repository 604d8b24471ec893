import { execFileSync } from 'node:child_process';
import { chownSync, linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLastWord } from '../../spill/last-word.js';
import { batchOf, identityOfProcess } from '../../spill/spill.fixture.js';
import { encodeBatch } from '../../spill/spill-record.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { lookOf } from '../../testing/directory-look.js';
import { createStoreFixture } from '../../testing/store-fixture.js';
import { openReader } from '../reader/file-reader.js';
import { recoverFile } from '../recover-and-prune.js';
import { SqliteSink } from '../sqlite-sink.js';

const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const dead = identityOfProcess('dead');
/** Too much to compare. */
const HUGE = 'zeros without an end';

let directory: string;
let file: string;
let elsewhere: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  elsewhere = join(directory, 'elsewhere.txt');
  writeFileSync(elsewhere, encodeBatch(dead, batchOf(1)), { mode: 0o600 });
  await (await createStoreFixture(file)).close();
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Things that may have the name of a spill file, each with a word of the reason that is given. */
const THINGS: Readonly<Record<string, readonly [make: (path: string) => void, reason: string]>> = {
  'a directory': [(path) => mkdirSync(path), 'a directory'],
  'a link to a spill file': [(path) => symlinkSync(elsewhere, path), 'a symbolic link'],
  'a dangling link': [(path) => symlinkSync(join(directory, 'nothing'), path), 'a symbolic link'],
  'a second name of a spill file': [(path) => linkSync(elsewhere, path), 'second name'],
  'a text': [(path) => writeFileSync(path, 'dear diary'), 'does not begin'],
  'an empty file': [(path) => writeFileSync(path, ''), 'does not begin'],
  [HUGE]: [
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 40);
    },
    'does not begin',
  ],
  'what only begins as a record': [
    (path) => {
      writeFileSync(path, '01234567 {"version":1}\n');
      utimesSync(path, 1, 1);
    },
    'no record',
  ],
  ...(process.platform !== 'win32' && {
    'a pipe': [(path) => execFileSync('mkfifo', [path]), 'a pipe'],
  }),
  ...(process.getuid?.() === 0 && {
    'another user’s spill file': [
      (path) => {
        writeFileSync(path, encodeBatch(dead, batchOf(1)), { mode: 0o600 });
        chownSync(path, 65_534, 65_534);
      },
      'another user',
    ],
  }),
};

describe('P19: under the name of a spill file', () => {
  for (const [what, [make, reason]] of Object.entries(THINGS)) {
    it(`${what} is named and left as it is; recording and ending go on`, async () => {
      const spill = `${file}.spill-x`;
      make(spill);
      const look = () => lookOf(directory).filter((line) => !line.startsWith('ferret.db '));
      const before = what === HUGE ? [] : look();
      const reports: string[] = [];
      const sink = new SqliteSink(
        { file, synchronous: 'normal', retention: NEVER },
        identityOfProcess('p', { pid: process.pid }),
        (code, message) => reports.push(`${code} ${message}`),
      );
      await sink.write(batchOf(1));
      await sink.close();
      expect(reports).toEqual([expect.stringMatching(/^SPILL_FAILED .*ferret\.db\.spill-x .*left as it is: /)]);
      expect(reports[0]).toContain(reason);
      expect(await recoverFile(file)).toMatchObject({ spillFiles: 0, left: [{ file: spill, why: 'foreign' }] });
      expect(await readLastWord(file, 'x')).toBeUndefined();
      const reader = await openReader(file);
      expect((await reader.spillFiles()).length).toBeLessThanOrEqual(1);
      expect(await reader.lastSpanId()).toBe(1);
      await reader.close();
      if (before.length > 0) expect(look()).toEqual(before);
    });
  }

  it('a record of a process that is none is damaged', async () => {
    const nobody = { ...identityOfProcess('dead'), pid: { toString: 'x' } } as unknown as typeof dead;
    writeFileSync(`${file}.spill-x`, encodeBatch(nobody, batchOf(1)), { mode: 0o600 });
    utimesSync(`${file}.spill-x`, 1, 1);
    expect(await recoverFile(file)).toMatchObject({ spans: 0, left: [{ why: 'foreign' }] });
  });
});
