import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { query } from '../database.js';
import { figure } from './figures.js';
import { expectSound } from './invariants.js';
import { percentile } from './load.js';
import { beginElsewhere } from './other-program.js';
import { scaled } from './scale.js';
import { atLeast, startService } from './service.js';

const LOCK_SECONDS = scaled(30);

it.for(['BEGIN EXCLUSIVE', 'BEGIN IMMEDIATE'])(
  '5. %s by another process for 30 s at 2,000 spans a second: nobody waits, nothing is lost',
  async (begin, { task }) => {
    const service = await startService();
    const load = service.load(1_000);
    await service.until({ stored: atLeast(1) });
    // The same load without the lock, to compare with.
    const first = load.millis.length;
    await setTimeout(LOCK_SECONDS * 1_000);
    const without = load.millis.slice(first);
    await service.longestDelay();

    const release = await beginElsewhere(service.database, begin);
    await setTimeout(LOCK_SECONDS * 1_000);
    const during = load.millis.slice(first + without.length);
    const { spilled, dropped } = await service.stats();
    // Whoever waited for the lock on the main thread would be held up for all of it, and every request with it.
    const longestDelay = await service.longestDelay();
    expect(longestDelay).toBeLessThan(1_000);
    expect(spilled).toBeGreaterThan(LOCK_SECONDS * 50);
    expect(dropped).toEqual({ queueFull: 0, writeFailed: 0, closed: 0, tooLarge: 0 });
    await release();

    const { requests, wrong } = await load.stop();
    expect(wrong).toEqual([]);
    expect(requests).toBeGreaterThan(LOCK_SECONDS * 100);
    expect(await service.flush()).toMatchObject({
      started: requests * 2,
      stored: requests * 2,
      spilled: 0,
      pending: 0,
    });
    expect(await service.close()).toMatchObject({ complete: true, unwritten: 0 });
    expect(readdirSync(dirname(service.database))).toEqual([basename(service.database)]);
    await expectSound(service.database);
    expect(await query(service.database, 'SELECT count(DISTINCT span_id) AS ids FROM ferret_spans_v1')).toEqual([
      { ids: requests * 2 },
    ]);
    figure(
      task,
      `${begin}, ${LOCK_SECONDS} s: ${requests * 2} spans started, as many stored, ${spilled} by way of the spill; ` +
        `the event loop was held up for ${longestDelay.toFixed(0)} ms at most; p50 and p99 of the requests ` +
        `${quantiles(during)}, without the lock ${quantiles(without)}`,
    );
  },
);

function quantiles(millis: readonly number[]): string {
  return `${percentile(millis, 0.5).toFixed(1)} and ${percentile(millis, 0.99).toFixed(1)} ms`;
}
