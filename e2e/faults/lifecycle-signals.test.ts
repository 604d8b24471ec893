import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { message, start, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { send } from '../traffic.js';
import { expectSound, expectUndisturbed } from './invariants.js';

/** The time that a process may take to end: the deadline of close(), and some for a slow machine. */
const DEADLINE_MILLIS = 5_000 + 5_000;

describe.each(['5', '4'])('an Express %s service', (version) => {
  async function serve(environment: Record<string, string> = {}) {
    const database = temporaryFile();
    const child = start('express.mjs', { EXPRESS: version, OPTIONS: JSON.stringify({ database }), ...environment });
    const { port } = await message<{ port: number }>(child);
    return { child, port, database };
  }

  it('18. SIGTERM with 50 requests in flight: finished ones are stored, open ones interrupted, in time', async () => {
    const { child, port, database } = await serve();
    await send(port, ['/t/a/users/1', '/t/a/users/2'], 1);
    const hanging = Array.from(
      { length: 50 },
      () =>
        new Promise<void>((resolve) => {
          const request = get({ port, path: '/hang', agent: false }, (response) => {
            response.on('error', () => {}).resume();
            resolve();
          });
          request.on('error', () => {});
        }),
    );
    await Promise.all(hanging);
    const before = performance.now();
    child.process.kill('SIGTERM');
    expectUndisturbed(await child.ended, { code: null, signal: 'SIGTERM' });
    expect(performance.now() - before).toBeLessThan(DEADLINE_MILLIS);
    expect(
      await query(
        database,
        `SELECT outcome, count(*) AS count FROM ferret_spans_v1 WHERE kind = 'server' GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { outcome: 'interrupted', count: 50 },
      { outcome: 'ok', count: 2 },
    ]);
    expect(await query(database, 'SELECT count(*) AS open FROM ferret_open_spans_v1')).toEqual([{ open: 0 }]);
    expect(await expectSound(database)).toMatchObject([{ started: 54, stored: 54, end_reason: 'SIGTERM' }]);
  });

  it('19 a. that ignores SIGTERM goes on, is recorded further, and dies of SIGINT with everything stored', async () => {
    const { child, port, database } = await serve({ SIGNALS: 'ignored' });
    child.process.kill('SIGTERM');
    expect(await message(child)).toEqual({ heard: 'SIGTERM' });
    await send(port, ['/t/a/users/1'], 1);
    child.process.kill('SIGINT');
    expectUndisturbed(await child.ended, { code: null, signal: 'SIGINT' });
    expect(await expectSound(database)).toMatchObject([{ started: 2, stored: 2, end_reason: 'SIGINT' }]);
  });
});

it.each(['SIGTERM', 'SIGINT'] as const)(
  '19 b. an application without handlers dies of %s with the same wait status as without Ferret, everything stored',
  async (signal) => {
    const statuses = [];
    for (const script of ['', `createFerret(options).measure('work', () => {});`]) {
      const database = temporaryFile();
      const child = startScript(`${script} setInterval(() => {}, 1000); process.send('ready')`, database);
      await message(child);
      child.process.kill(signal);
      const { seconds: _seconds, ...status } = await child.ended;
      statuses.push(status);
      if (script !== '') expect(await expectSound(database)).toMatchObject([{ stored: 1, end_reason: signal }]);
    }
    expect(statuses[1]).toEqual(statuses[0]);
    expect(statuses[1]).toMatchObject({ code: null, signal });
  },
);

it.each(['SIGTERM', 'SIGINT'] as const)(
  '19 c. an application with its own handler of %s ends when and as it likes, everything stored',
  async (signal) => {
    const database = temporaryFile();
    const child = startScript(
      `const ferret = createFerret(options);
       process.once('${signal}', async () => {
         ferret.start('at the signal').end();
         await new Promise((resolve) => setTimeout(resolve, 300));
         ferret.start('after the signal').end();
         await ferret.close();
         process.exit(42);
       });
       ferret.start('before').end();
       setInterval(() => {}, 1000);
       process.send('ready');`,
      database,
    );
    await message(child);
    child.process.kill(signal);
    expectUndisturbed(await child.ended, { code: 42, signal: null });
    expect(await expectSound(database)).toMatchObject([{ started: 3, stored: 3, end_reason: 'close' }]);
  },
);

it('20. a second SIGINT ends the process at once, also while the store hangs', async () => {
  const child = startScript(
    `const sink = new MemorySink(() => { process.send('hangs'); return new Promise(() => {}); });
     createFerret({ sink }).start('work').end();
     setInterval(() => {}, 1000);
     process.send('ready');`,
  );
  await message(child);
  const hangs = message(child);
  child.process.kill('SIGINT');
  await hangs;
  const before = performance.now();
  child.process.kill('SIGINT');
  expectUndisturbed(await child.ended, { code: null, signal: 'SIGINT' });
  // Well before the deadline of close().
  expect(performance.now() - before).toBeLessThan(4_000);
});
