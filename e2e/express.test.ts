import { describe, expect, it } from 'vitest';
import { message, start, temporaryFile } from './child.js';
import { query, soundness } from './database.js';
import { send } from './traffic.js';

describe.each(['5', '4'])('an Express %s service', (version) => {
  it('loses nothing of 5,000 requests over 50 connections and a SIGTERM, and dies of it', async () => {
    const database = temporaryFile();
    const child = start('express.mjs', { EXPRESS: version, OPTIONS: JSON.stringify({ database }) });
    const { port } = await message<{ port: number }>(child);
    const paths = Array.from({ length: 5_000 }, (_, index) =>
      index % 10 === 9
        ? `/t/acme/users/${index}/boom`
        : index % 10 === 8
          ? `/nowhere/${index}`
          : `/t/t${index}/users/${index}`,
    );
    const answers = await send(port, paths, 50);
    child.process.kill('SIGTERM');
    const end = await child.ended;
    expect(end).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(end.stderr).toBe('');

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4_000);
    expect(answers[0]?.body).toBe('{"id":"0"}');
    expect(
      await query(
        database,
        `SELECT name, http_status_code AS status, outcome, count(*) AS count
         FROM ferret_spans_v1 GROUP BY 1, 2, 3 ORDER BY 1`,
      ),
    ).toEqual([
      { name: 'GET', status: 404, outcome: 'ok', count: 500 },
      { name: 'GET /t/:tenant/users/:id', status: 200, outcome: 'ok', count: 4_000 },
      { name: 'GET /t/:tenant/users/:id/boom', status: 500, outcome: 'error', count: 500 },
      { name: 'SELECT user', status: null, outcome: 'ok', count: 4_000 },
    ]);
    expect(
      await query(
        database,
        `SELECT count(*) AS orphans FROM ferret_spans_v1 AS child WHERE name = 'SELECT user' AND parent_id NOT IN
           (SELECT span_id FROM ferret_spans_v1 WHERE name = 'GET /t/:tenant/users/:id')`,
      ),
    ).toEqual([{ orphans: 0 }]);
    expect(await query(database, 'SELECT started, stored, end_reason FROM ferret_processes_v1')).toEqual([
      { started: 9_000, stored: 9_000, end_reason: 'SIGTERM' },
    ]);
    expect(await soundness(database)).toEqual({ integrity: 'ok', ledgers: [{ missing: 0 }] });
  });

  it('that shuts itself down keeps its own exit code, and loses nothing', async () => {
    const database = temporaryFile();
    const child = start('express.mjs', {
      EXPRESS: version,
      SIGNALS: 'graceful',
      OPTIONS: JSON.stringify({ database }),
    });
    const { port } = await message<{ port: number }>(child);
    await send(
      port,
      Array.from({ length: 200 }, (_, index) => `/t/a/users/${index}`),
      10,
    );
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 3, signal: null, stderr: '' });
    expect(await query(database, 'SELECT stored, end_reason FROM ferret_processes_v1')).toEqual([
      { stored: 400, end_reason: 'close' },
    ]);
  });
});
