import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFerret } from '@ferretjs/core';
import { expect, it } from 'vitest';
import { query } from '../database.js';
import { expectFewWarnings } from '../faults/invariants.js';
import { beginElsewhere } from '../faults/other-program.js';
import { runFerret } from '../ferret.js';
import { runNode } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Over before the first batch is due, and never closed. */
const QUICK = `
const express = require('express');
const { once } = require('node:events');
const { ferret } = require('@ferretjs/express');
const app = express();
app.use(ferret());
app.get('/x', (_request, response) => void response.json(1));
test('quick', async () => {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch('http://127.0.0.1:' + server.address().port + '/x', { headers: { connection: 'close' } });
  expect(await answer.text()).toBe('1');
  server.close();
});`;

interface Run {
  readonly code: number | null;
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs six quick tests, and records into `ferret.db` of that directory. */
async function runJest(directory: string, options: readonly string[]): Promise<Run> {
  for (let i = 0; i < 6; i++) writeFileSync(join(directory, `quick-${i}.test.js`), QUICK);
  const config = {
    rootDir: directory,
    cacheDirectory: join(directory, 'cache'),
    transform: {},
    modulePaths: [join(root, 'e2e/node_modules'), join(root, 'node_modules')],
  };
  const started = performance.now();
  const { code, err: stderr } = await runNode(
    [join(root, 'node_modules/jest/bin/jest.js'), '--config', JSON.stringify(config), ...options],
    { cwd: directory, env: { FERRET_DATABASE: join(directory, 'ferret.db') } },
  );
  expect(stderr).toMatch(/Tests: +6 passed, 6 total/);
  return { code, stderr, seconds: (performance.now() - started) / 1_000 };
}

/** The span of a worker's last file ends before its batch is due, so it may be in a spill file. */
async function expectAllStored(directory: string): Promise<void> {
  const { err, ...recovered } = await runFerret(['recover', 'ferret.db'], { cwd: directory });
  expect(recovered, err).toMatchObject({ code: 0 });
  expect(readdirSync(directory).filter((name) => name.includes('spill'))).toEqual([]);
  expect(
    await query(join(directory, 'ferret.db'), "SELECT name FROM ferret_spans_v1 WHERE name = 'GET /x'"),
  ).toHaveLength(6);
}

it.each([
  ['one after the other', ['-i']],
  ['in two workers', ['--maxWorkers=2']],
])('P2: quick Jest tests without close() pass without noise and store all spans, %s', async (_how, options) => {
  const directory = temporaryDirectory();
  const { code, ...output } = await runJest(directory, options);
  expect(output.stderr).not.toMatch(/torn down|Error|FERRET|did not exit/);
  expectFewWarnings(output);
  expect(code).toBe(0);
  await expectAllStored(directory);
});

it('P2: what a worker of Jest has not stored when Jest kills it is recovered', async () => {
  const directory = temporaryDirectory();
  const database = join(directory, 'ferret.db');
  const first = createFerret({ database, shutdownHooks: false });
  first.measure('makes the file', () => {});
  await first.close();
  const unlock = await beginElsewhere(database, 'BEGIN IMMEDIATE');
  await runJest(directory, ['--maxWorkers=2']);
  await unlock();
  await expectAllStored(directory);
});
