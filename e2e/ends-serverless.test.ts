import { get } from 'node:http';
import { recoverFile } from '@ferretjs/core/maintenance';
import { describe, expect, it } from 'vitest';
import { ask, type Child, message, startScript, temporaryFile } from './child.js';
import { query } from './database.js';
import { expectSound } from './faults/invariants.js';

/** An application of a framework on a port, with these options beyond the database. */
const SERVER = (framework: string, more: string) => `
  const { createServer } = await import('node:http');
  const { default: framework } = await import('${framework}');
  const { ferret } = await import('@ferretjs/${framework}');
  const instance = createFerret({ ...options, flushIntervalMillis: 60_000, ${more} });
  const isKoa = '${framework}' === 'koa';
  const app = isKoa ? new framework() : framework();
  app.use(ferret(instance));
  if (isKoa) app.use((ctx) => { ctx.body = 'x'; });
  else app.get('/x', (request, response) => response.json(1));
  const server = createServer(isKoa ? app.callback() : app);
  await new Promise((resolve) => server.listen(0, resolve));`;

function exchange(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ port, path: '/x' }, (response) => response.resume().on('end', () => resolve(response.statusCode))).on(
      'error',
      reject,
    );
  });
}

/** As a platform does it between two invocations. */
function freeze(child: Child): void {
  child.process.kill('SIGSTOP');
}

describe.each(['express', 'koa'])('flushOnResponse with %s', (framework) => {
  it('P23: frozen at once after each of 6 responses, then killed: a row for each', async () => {
    const database = temporaryFile();
    const child = startScript(
      `${SERVER(framework, 'flushOnResponse: true')} process.send({ port: server.address().port });`,
      database,
    );
    const { port } = await message<{ port: number }>(child);
    for (let i = 0; i < 6; i++) {
      child.process.kill('SIGCONT');
      expect(await exchange(port)).toBe(200);
      freeze(child);
    }
    child.process.kill('SIGKILL');
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    await recoverFile(database);
    expect(await query(database, "SELECT count(*) AS rows FROM ferret_spans_v1 WHERE kind = 'server'")).toEqual([
      { rows: 6 },
    ]);
    await expectSound(database);
  });

  it('P23: what goes on is stored once, and no copy is left', async () => {
    const database = temporaryFile();
    const child = startScript(
      `${SERVER(framework, 'flushOnResponse: true')}
       process.on('message', () => process.kill(process.pid, 'SIGTERM'));
       process.send({ port: server.address().port });`,
      database,
    );
    const { port } = await message<{ port: number }>(child);
    await Promise.all(Array.from({ length: 50 }, () => exchange(port)));
    await expect
      .poll(() => query(database, "SELECT count(*) AS rows FROM ferret_spans_v1 WHERE outcome = 'ok'"))
      .toEqual([{ rows: 50 }]);
    child.process.send('end');
    expect(await child.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(await recoverFile(database)).toMatchObject({ spillFiles: 0 });
    expect(await expectSound(database)).toMatchObject([{ started: 50, stored: 50, end_reason: 'SIGTERM' }]);
  });
});

it('P23: flush() before an invocation returns has stored all of it, whatever becomes of the process', async () => {
  const database = temporaryFile();
  const child = startScript(
    `const ferret = createFerret({ ...options, flushIntervalMillis: 60_000 });
     process.on('message', async (invocation) => {
       await ferret.measure('invocation', { invocation }, () => ferret.measure('work', async () => {}));
       await ferret.flush();
       process.send(invocation);
     });
     process.send('ready');`,
    database,
  );
  await message(child);
  for (let i = 0; i < 6; i++) {
    child.process.kill('SIGCONT');
    expect(await ask(child, String(i))).toBe(String(i));
    freeze(child);
  }
  child.process.kill('SIGKILL');
  await child.ended;
  expect(await query(database, 'SELECT name, count(*) AS rows FROM ferret_spans_v1 GROUP BY 1 ORDER BY 1')).toEqual([
    { name: 'invocation', rows: 6 },
    { name: 'work', rows: 6 },
  ]);
});
