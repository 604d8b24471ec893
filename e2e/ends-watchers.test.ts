import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { recoverFile } from '@ferretjs/core/maintenance';
import { expect, it, onTestFinished } from 'vitest';
import { query } from './database.js';
import { expectSound } from './faults/invariants.js';
import { temporaryDirectory } from './temporary.js';

const require = createRequire(import.meta.url);
const urlOf = (name: string) => pathToFileURL(require.resolve(name)).href;

/** With default options: `ferret.db` lies beside it, in the working directory. */
const APP = `
  import express from '${urlOf('express')}';
  import { ferret } from '${urlOf('@ferretjs/express')}';
  const app = express();
  app.use(ferret());
  app.get('/x', (request, response) => response.json(1));
  const server = app.listen(0, () => console.log('port ' + server.address().port));
`;

const WATCHERS = {
  'node --watch': { parameters: ['--watch', 'app.mjs'], ends: ['SIGTERM'] },
  // With some versions of Node it listens to signals within the process, and exits.
  'tsx watch': {
    parameters: [join(require.resolve('tsx/package.json'), '../dist/cli.mjs'), 'watch', 'app.mjs'],
    ends: ['SIGTERM', 'exit'],
  },
};

it.each(Object.entries(WATCHERS))(
  'P13: %s takes the default file for no change, restarts at one, and nothing is lost by it',
  async (_name, { parameters, ends }) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'app.mjs'), APP);
    const watcher = spawn(process.execPath, parameters, { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void watcher.kill('SIGKILL'));
    const ports: number[] = [];
    createInterface(watcher.stdout).on('line', (line) => {
      const port = /^port (\d+)$/.exec(line)?.[1];
      if (port !== undefined) ports.push(Number(port));
    });
    const database = join(directory, 'ferret.db');
    let sent = 0;
    const stored = async () => {
      const [row] = await query<{ rows: number }>(database, 'SELECT count(*) AS rows FROM ferret_spans_v1');
      return row?.rows;
    };
    for (let start = 1; start <= 2; start++) {
      // Were the file taken for a change, there would be more of them by now.
      await expect.poll(() => ports, { timeout: 30_000 }).toHaveLength(start);
      for (let batch = 0; batch < 3; batch++) {
        for (let i = 0; i < 5; i++, sent++)
          expect((await fetch(`http://127.0.0.1:${ports[start - 1]}/x`)).status).toBe(200);
        await expect.poll(stored, { timeout: 10_000 }).toBe(sent);
      }
      expect((await fetch(`http://127.0.0.1:${ports[start - 1]}/x`)).status).toBe(200);
      sent++;
      if (start === 1) writeFileSync(join(directory, 'app.mjs'), `${APP}// changed`);
    }
    watcher.kill('SIGTERM');
    await once(watcher, 'close');
    await recoverFile(database);
    const processes = await expectSound(database);
    expect(processes).toHaveLength(2);
    for (const { end_reason } of processes) expect(ends).toContain(end_reason);
    expect(await stored()).toBe(sent);
  },
);
