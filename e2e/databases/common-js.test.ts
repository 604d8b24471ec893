import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, start, temporaryFile } from '../child.js';
import { mongodb } from '../services/mongodb.js';
import type { Service } from '../services/program.js';
import { sqlServer } from '../services/sql-server.js';
import { namesOf, type Run } from './run.js';

interface Report {
  readonly port: number;
  readonly libraries: readonly { readonly library: string; readonly seen: string; readonly reason?: string }[];
}

const CLIENTS = ['mongodb', 'mongoose', 'mssql', 'knex', 'mysql'];
const services: Service[] = [];
let ports = '';

beforeAll(async () => {
  services.push(await mongodb.start(), await sqlServer.start());
  ports = JSON.stringify({ mongodb: services[0]?.port, sqlServer: services[1]?.port });
});
afterAll(() => Promise.all(services.map((service) => service.stop())));

/** Runs the service, asks for each client once, and returns what it told. */
async function runService(execArgv: readonly string[]): Promise<Report & { readonly run: Run }> {
  const file = temporaryFile();
  const environment = { PORTS: ports, FERRET_DATABASE: file, NODE_NO_WARNINGS: '1' };
  const child = start('databases/common-js.cjs', environment, execArgv);
  const report = await message<Report>(child);
  const statuses: number[] = [];
  for (const client of CLIENTS) statuses.push((await fetch(`http://127.0.0.1:${report.port}/${client}`)).status);
  expect(statuses).toEqual(CLIENTS.map(() => 200));
  child.process.kill('SIGTERM');
  const { stderr } = await child.ended;
  return { ...report, run: { file, stderr, observed: {}, unhandled: [] } };
}

function seenIn({ libraries }: Report, name: string): unknown {
  const found = libraries.find(({ library }) => library === name);
  return found?.reason ?? found?.seen;
}

describe('an application in CommonJS', () => {
  it.each(['--require', '--import'])('has spans of each client, preloaded by %s', async (option) => {
    const report = await runService([option, '@ferretjs/auto']);
    expect([...CLIENTS, 'tedious'].map((name) => seenIn(report, name))).toEqual(Array(6).fill('hook'));
    const { run } = report;
    expect(await namesOf(run, 'mongodb')).toEqual(['connect mongodb', 'pool.connect mongodb', 'find users']);
    expect(await namesOf(run, 'mongoose')).toContain('find users');
    expect(await namesOf(run, 'mssql')).toEqual(['pool.connect microsoft.sql_server', 'SELECT users']);
    expect(await namesOf(run, 'knex')).toEqual(['pool.connect microsoft.sql_server', 'select [users]']);
    expect(await namesOf(run, 'mysql')).toEqual(['SELECT users']);
    expect(run.stderr).toBe('');
  });

  it('FAULTS 60: whose clients are frozen works on, and the coverage says that they are not seen', async () => {
    const frozen = fileURLToPath(new URL('../apps/databases/frozen.cjs', import.meta.url));
    const report = await runService(['--require', frozen, '--require', '@ferretjs/auto']);
    for (const name of ['mysql', 'mongodb', 'knex', 'tedious']) expect(seenIn(report, name)).toBe('hook-failed');
    expect(await namesOf(report.run, 'mysql')).toEqual([]);
    expect(await namesOf(report.run, 'knex')).toEqual([]);
    expect(await namesOf(report.run, 'mongodb')).not.toContain('find users');
  });
});
