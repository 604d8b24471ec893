// How fast spans reach the file, and how large it gets: batches of 512 straight into the SQLite sink, as the file grows.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFerret } from '@ferretjs/core';
import { openReader } from '@ferretjs/core/reader';

const BATCH = 512;

/** Spans a second for each stretch of the file, and the time it takes to find one trace at its end. */
export async function writer({ spans, stretches, say }) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-bench-'));
  const file = join(directory, 'ferret.db');
  const ferret = createFerret({ database: file, batchSize: BATCH, maxSpansPerSecond: Infinity });
  const rows = [];
  try {
    let last;
    for (let stretch = 1; stretch <= stretches; stretch++) {
      const started = performance.now();
      for (let done = 0; done < spans / stretches; done += BATCH * 64) {
        for (let index = 0; index < BATCH * 64; index++) {
          last = ferret.start('SELECT users', {
            parent: null,
            attributes: { 'db.system.name': 'sqlite', 'db.rows': index % 50, 'user.plan': 'pro' },
          });
          last.end();
        }
        await ferret.flush();
      }
      const { stored } = ferret.stats();
      const seconds = (performance.now() - started) / 1000;
      const reader = await openReader(file);
      await reader.trace(last.traceId);
      const asked = performance.now();
      const { length } = await reader.trace(last.traceId);
      const traceMillis = performance.now() - asked;
      await reader.close();
      if (length !== 1) throw new Error('the trace was not found');
      rows.push({ stored, spansPerSecond: spans / stretches / seconds, traceMillis });
      say(
        `${stored.toLocaleString('en')} spans: ${Math.round(rows.at(-1).spansPerSecond).toLocaleString('en')} a second`,
      );
    }
    const { ledger } = await ferret.close();
    return { rows, bytesPerSpan: statSync(file).size / ledger.stored };
  } finally {
    await ferret.close();
    rmSync(directory, { recursive: true });
  }
}
