import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOfProcess, ledgerOf, spanOf } from '../../spill/spill.fixture.js';
import type { RouteMinute } from '../../statistics/route-statistics.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { cautiousNowMicros, nowMicros } from '../../trace/clock.js';
import { type Database, isSqliteError } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { pruneFile } from '../recover-and-prune.js';
import { openProcessStore, type ProcessStore, writeBatch, writeTick } from '../store/process-store.js';
import { RetentionKeeper } from './retention-keeper.js';
import { pruneRouteMinutes } from './route-minute-retention.js';
import { pruneChunk } from './span-retention.js';
import { pruneStrings } from './string-retention.js';

const SECOND = 1_000_000;
const DAY = 24 * 60 * 60 * SECOND;
const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const WEEK = { ...NEVER, maxAgeMicros: 7 * DAY };

let directory: string;
let file: string;
let database: Database;
let batches: number;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  database = await openForWriting(file, 'normal', () => {});
  batches = 0;
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const open = (key: string, to = database) => openProcessStore(to, identityOfProcess(key, { runId: key }));
const ago = (days: number) => nowMicros() - days * DAY;

/** A span of each name, that ended so many days ago. */
async function write(store: ProcessStore, days: number, ...names: readonly string[]): Promise<void> {
  const spans = names.map((name) => spanOf({ name, startMicros: ago(days) }));
  await writeBatch(store, { id: ++batches, spans, ledger: ledgerOf() });
}

function minuteOf(name: string, change: Partial<RouteMinute> = {}): RouteMinute {
  return {
    minuteMicros: 0,
    name,
    outcome: 'ok',
    count: 1,
    sumNanos: 1,
    minNanos: 1,
    maxNanos: 1,
    buckets: '[]',
    ...change,
  };
}

async function count(store: ProcessStore, ...names: readonly string[]): Promise<void> {
  const routeMinutes = names.map((name) => minuteOf(name, { minuteMicros: ago(0) }));
  await writeTick(store, { openSpans: [], routeMinutes, ledger: ledgerOf() });
}

/** Deletes spans of more than a week ago, and strings. */
async function prune(): Promise<void> {
  while ((await pruneChunk(database, WEEK)).hasMore);
  for await (const _ of pruneStrings(database));
}

/** Makes old what was stored up to the last span of this name. */
async function outdate(name: string): Promise<void> {
  const lastOf = '(SELECT max(span.id) FROM span JOIN string ON string.id = name WHERE text = ?)';
  await database.run(`UPDATE span SET start_us = ? WHERE id <= ${lastOf}`, [ago(8), name]);
}

async function texts(): Promise<string[]> {
  return (await database.all<{ text: string }>('SELECT text FROM string ORDER BY text')).map(({ text }) => text);
}

/** Names of spans as a reader sees them, in the order they were stored. */
async function names(): Promise<string[]> {
  const rows = await database.all<{ name: string }>(
    'SELECT coalesce(text, name) AS name FROM span LEFT JOIN string ON string.id = name ORDER BY span.id',
  );
  return rows.map(({ name }) => name);
}

/** Old spans come and go, so that a generation begins. */
async function turn(store: ProcessStore): Promise<void> {
  await write(store, 8, 'turning');
  await prune();
}

describe('a string', () => {
  it('goes when the spans that refer to it have gone, and not before', async () => {
    const store = await open('one');
    await write(store, 8, 'a', 'b');
    await write(store, 1, 'b', 'c');
    await prune();
    expect([await texts(), await names()]).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
    await write(store, 1, 'd');
    await outdate('c');
    await prune();
    expect([await texts(), await names()]).toEqual([['d'], ['d']]);
    await write(store, 1, 'd', 'e');
    await outdate('d');
    await prune();
    expect([await texts(), await names()]).toEqual([['d', 'e'], ['e']]);
  });

  it('stays where a process counts under it after it was found to be unused, though generations have begun since', async () => {
    const store = await open('one');
    await write(store, 8, 'counted', 'later');
    await prune();
    await database.run("INSERT INTO string (text, generation) VALUES ('counted', 0), ('newest', 9)");
    const meddled: Database = {
      ...database,
      all: (sql, parameters) => database.all(sql, parameters),
      run: async (sql, parameters) => {
        await count(store, 'counted');
        await database.run('UPDATE generation SET number = number + 4');
        await database.run(sql, parameters);
      },
    };
    for await (const _ of pruneStrings(meddled));
    expect(await texts()).toContain('counted');
  });

  it('goes at once where no span is left', async () => {
    const store = await open('one');
    await write(store, 8, 'a', 'b', 'c');
    await prune();
    expect(await texts()).toEqual(['c']);
  });

  it('stays while something was counted under its name', async () => {
    const store = await open('one');
    await count(store, 'counted');
    await turn(store);
    await turn(store);
    expect(await texts()).toEqual(['counted', 'turning']);
    await database.run('DELETE FROM route_minute');
    await prune();
    expect(await texts()).toEqual(['turning']);
  });

  it('stays if something is counted under its name while others are deleted', async () => {
    const store = await open('one');
    await write(store, 8, ...Array.from({ length: 3_000 }, (_, index) => `once ${index}`));
    while ((await pruneChunk(database, WEEK)).hasMore);
    const strings = pruneStrings(database);
    await strings.next();
    await count(store, 'once 2500');
    for await (const _ of strings);
    expect(await database.all('SELECT name FROM ferret_routes_v1')).toEqual([{ name: 'once 2500' }]);
    expect(await texts()).toEqual(['once 2500', 'once 2999']);
  });

  it('has an id that no other ever gets', async () => {
    const store = await open('one');
    const ids = new Set<number>();
    for (const name of ['a', 'b', 'c', 'd']) {
      await write(store, 8, name);
      const [row] = await database.all<{ id: number }>('SELECT id FROM string WHERE text = ?', [name]);
      ids.add(row!.id);
      await prune();
    }
    expect(ids.size).toBe(4);
  });
});

describe('a process that remembers ids', () => {
  it('does not use that of a string which another process has deleted', async () => {
    const [one, two] = [await open('one'), await open('two')];
    await write(one, 8, 'mine');
    await write(two, 8, 'other');
    await prune();
    expect(await texts()).toEqual(['other']);
    await write(one, 1, 'mine', 'other');
    await write(two, 1, 'mine', 'other');
    expect(await names()).toEqual(['mine', 'other', 'mine', 'other']);
    expect(await database.all("SELECT count(*) AS count FROM span WHERE typeof(name) <> 'integer'")).toEqual([
      { count: 0 },
    ]);
  });

  it('has its strings kept, whatever others do, as long as it writes', async () => {
    const [one, two] = [await open('one'), await open('two')];
    for (let round = 0; round < 5; round++) {
      await write(one, 1, 'steady');
      await database.run('UPDATE span SET start_us = ?', [ago(8)]);
      await write(two, 1, `round ${round}`);
      await prune();
      await write(one, 1, 'steady');
      expect(await names()).toEqual([`round ${round}`, 'steady']);
    }
  });

  it('asks for them once in a generation', async () => {
    const store = await open('one');
    await write(store, 1, 'a');
    let statements = 0;
    const counted = inTurn(database, async () => void statements++);
    await write({ ...store, database: counted }, 1, 'a');
    const known = statements;
    await write({ ...store, database: counted }, 1, 'b');
    expect(statements).toBe(2 * known + 1);
  });

  it('begins anew where it had room for no more', async () => {
    const store = await open('one');
    await write(store, 8, ...Array.from({ length: 10_000 }, (_, index) => `once ${index}`));
    await write(store, 8, 'in place');
    expect(await texts()).not.toContain('in place');
    await prune();
    await write(store, 1, 'has an id');
    expect(await texts()).toContain('has an id');
  });
});

it('a file that was full of strings has room for new ones when their spans have gone', async () => {
  const bulk = (process: number) => Array.from({ length: 10_000 }, (_, index) => `once ${process} ${index}`);
  const [one, two, three] = [await open('one'), await open('two'), await open('three')];
  await write(one, 8, ...bulk(1));
  await write(two, 8, ...bulk(2));
  await write(three, 8, 'new');
  expect(await texts()).toHaveLength(20_000);
  await prune();
  await write(three, 1, 'new');
  expect(await texts()).toContain('new');
});

it('goes in pieces, so that a batch is not kept waiting', async () => {
  const store = await open('one');
  await write(store, 8, ...Array.from({ length: 5_000 }, (_, index) => `once ${index}`));
  while ((await pruneChunk(database, WEEK)).hasMore);
  const left: number[] = [];
  for await (const _ of pruneStrings(database)) left.push((await texts()).length);
  expect(left).toEqual([3_976, 2_952, 1_928, 904, 1]);
});

it('the keeper deletes strings before it deletes more spans', async () => {
  const store = await open('one');
  await write(store, 8, ...Array.from({ length: 5_000 }, (_, index) => `once ${index}`));
  const keeper = new RetentionKeeper(database, WEEK, identityOfProcess('one', { pid: process.pid }));
  for (let step = 0; step < 2; step++) await keeper.step(0);
  const before = (await texts()).length;
  await write(store, 8, 'late');
  await keeper.step(0);
  expect((await texts()).length).toBeLessThan(before);
  expect(await names()).toEqual(['late']);
  await keeper.close();
});

it('pruneFile deletes them, too', async () => {
  const store = await open('one');
  await write(store, 8, 'a', 'b', 'c');
  await pruneFile(file, { maxSizeMegabytes: 0 });
  expect(await texts()).toEqual(['c']);
});

/** The database, whose statements each wait for their turn. */
function inTurn(to: Database, turn: () => Promise<void>): Database {
  return {
    run: (sql, parameters) => turn().then(() => to.run(sql, parameters)),
    all: (sql, parameters) => turn().then(() => to.all(sql, parameters)),
    exec: (sql) => turn().then(() => to.exec(sql)),
    transaction: (statements) => turn().then(() => to.transaction(statements)),
    close: () => to.close(),
  };
}

/** Lets one of several go on at a time, at random, when all others wait. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #choice: Iterator<number>;
  #players: number;

  constructor(players: number, choice: Iterator<number>) {
    this.#players = players;
    this.#choice = choice;
  }

  readonly wait = () =>
    new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#next();
    });

  leave(): void {
    this.#players--;
    this.#next();
  }

  #next(): void {
    if (this.#waiting.length < this.#players || this.#players === 0) return;
    const [resolve] = this.#waiting.splice(this.#choice.next().value % this.#waiting.length, 1);
    resolve!();
  }
}

describe('whatever several processes do at once', () => {
  /** Names that all use, and names that are used once. */
  const name = fc.nat(15);
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ write: fc.array(name, { minLength: 1, maxLength: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ count: fc.array(name, { minLength: 1, maxLength: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ keep: fc.nat(6) }) },
  );
  const actions = fc.array(action, { maxLength: 12 });
  const RUNS = process.env['FERRET_SOAK'] ? 2_000 : 25;
  const choices = fc.infiniteStream(fc.nat(5));
  /** Every span has a second of its own, long ago. */
  const BEGIN = ago(100);

  it('every span and every row of statistics keeps its name', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(choices, actions, actions, actions, async (choice, ...scripts) => {
        const path = join(directory, `${++run}.db`);
        const reader = await openForWriting(path, 'normal', () => {});
        const turns = new Turns(scripts.length, choice);
        const stores: ProcessStore[] = [];
        for (const index of scripts.keys()) {
          const opened = await openForWriting(path, 'normal', () => {});
          await opened.exec('PRAGMA busy_timeout = 0');
          stores.push({ ...(await open(`process ${index}`, opened)), database: inTurn(opened, turns.wait) });
        }
        const wanted: string[] = [];
        const expectRight = async () => {
          const stored = await reader.all<{ name: string; duration_ns: number }>(
            'SELECT name, duration_ns FROM ferret_spans_v1',
          );
          expect(stored.map((row) => row.name)).toEqual(stored.map((row) => wanted[row.duration_ns]));
          const counted = await reader.all<{ name: string; min_ns: number }>(
            'SELECT name, min_ns FROM ferret_routes_v1',
          );
          expect(counted.map((row) => row.name)).toEqual(counted.map((row) => wanted[row.min_ns]));
        };
        /** A number for a use of a name, by which it is recognised. */
        const use = (index: number) => wanted.push(index < 8 ? `often ${index}` : `once ${wanted.length}`) - 1;

        const play = async (script: (typeof scripts)[number], index: number) => {
          for (const [position, step] of script.entries()) {
            await untilFree(() => act(step, stores[index]!, position + 1));
            await expectRight();
          }
          turns.leave();
        };
        const act = async (step: (typeof scripts)[number][number], store: ProcessStore, id: number) => {
          const ledger = ledgerOf();
          if ('write' in step) {
            const numbers = step.write.map(use);
            const spans = numbers.map((number) =>
              spanOf({ name: wanted[number]!, durationNanos: number, startMicros: BEGIN + number * SECOND }),
            );
            await untilFree(() => writeBatch(store, { id, spans, ledger }));
          } else if ('count' in step) {
            const routeMinutes = step.count
              .map(use)
              .map((number) => minuteOf(wanted[number]!, { minuteMicros: BEGIN + number * SECOND, minNanos: number }));
            await untilFree(() => writeTick(store, { openSpans: [], routeMinutes, ledger }));
          } else {
            const oldest = BEGIN + (wanted.length - step.keep) * SECOND;
            const limits = { ...NEVER, maxAgeMicros: cautiousNowMicros() - oldest };
            const { hasTurned } = await pruneChunk(store.database, limits);
            const longer = { ...limits, maxAgeMicros: limits.maxAgeMicros + 30 * SECOND };
            for await (const _ of pruneRouteMinutes(store.database, longer));
            if (hasTurned) for await (const _ of pruneStrings(store.database));
          }
        };
        await Promise.all(scripts.map(play));
        await Promise.all([reader, ...stores.map((store) => store.database)].map((each) => each.close()));
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  /** Does something again as long as the file is locked, as a process would. */
  async function untilFree(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isSqliteError(error) || error.code !== 'busy') throw error;
      }
    }
  }
});
