import { chmod } from 'node:fs/promises';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';

const SECOND = 1_000_000;
const MILLI = 1_000_000;
const HOUR = 3_600 * SECOND;

/** Text that a client can send, and a terminal must not be sent. */
export const HOSTILE = 'GET /\u001b]0;pwned\u0007\u009b2J\u202e\r\n';
const WIDE = 'GET /検索/結果の一覧/\u{1f469}\u200d\u{1f4bb}/naïve';

/**
 * A file that is the same to the byte wherever it is made: two runs of one service an hour apart, the second slower and
 * failing on one route, with losses, hostile and wide names.
 */
export async function writeTwoRuns(file: string): Promise<void> {
  const store = await createStoreFixture(file);
  // In one transaction, or every span would wait for the disk.
  await store.database.exec('BEGIN');
  for (const [index, runId] of ['before-7f3a', 'after-91bc'].entries()) {
    const startedAtMicros = FIXTURE_START_MICROS + index * HOUR;
    const run = await store.addRun({ runId, startedAtMicros });
    const process = await store.addProcess(run, {
      startedAtMicros,
      lastSeenMicros: startedAtMicros + 600 * SECOND,
      started: index * 5,
      queueFull: index * 3,
      sampledOut: index * 2,
    });
    const slower = index === 0 ? 1 : 1.5;
    for (let at = 0; at < 300; at++) {
      const startMicros = startedAtMicros + at * 2 * SECOND;
      const spread = 1 + ((at * 37) % 100) / 100;
      const isError = index === 1 && at % 5 === 0;
      await store.addSpan(process, {
        name: 'GET /users/:id',
        startMicros,
        durationNanos: Math.round(10 * MILLI * spread * slower),
        httpMethod: 'GET',
        httpRoute: '/users/:id',
        httpStatusCode: isError ? 500 : 200,
        outcome: isError ? 'error' : 'ok',
        ...(isError && { errorType: 'TimeoutError' }),
        attributes: { 'user.plan': at % 2 === 0 ? 'pro' : 'free' },
      });
      await store.addSpan(process, { name: WIDE, startMicros, durationNanos: Math.round(2 * MILLI * spread) });
    }
    await store.addSpan(process, {
      name: index === 0 ? 'GET /old' : HOSTILE,
      startMicros: startedAtMicros + 599 * SECOND,
      durationNanos: 3 * MILLI,
    });
  }
  await store.database.exec('COMMIT');
  await store.close();
  // As Ferret makes it, whatever the umask.
  await chmod(file, 0o600);
}
