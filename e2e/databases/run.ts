import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { message, start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { runFerret } from '../ferret.js';

/** The value that all scenarios use, as in `apps/databases`. */
const CANARY = 'cAnArY-4711';

/** A run of a client's scenarios, as the application has seen it. */
export interface Run {
  readonly observed: Readonly<Record<string, unknown>>;
  /** Rejections that nobody has handled. */
  readonly unhandled: readonly string[];
  /** Ferret's file; there is none without Ferret. */
  readonly file: string;
  readonly stderr: string;
}

export interface Client {
  /** The script of its scenarios in `apps/databases`. */
  readonly client: string;
  /** The name under which the version is installed. */
  readonly package: string;
  readonly port: number;
  /** Further variables for the service. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs all scenarios of a client in a service of its own, with Ferret or without. */
export async function runScenarios(client: Client, withFerret: boolean): Promise<Run> {
  const file = temporaryFile();
  const environment = {
    CLIENT: client.client,
    PACKAGE: client.package,
    DATABASE_PORT: String(client.port),
    FERRET_DATABASE: file,
    NODE_NO_WARNINGS: '1',
    ...client.environment,
  };
  const child = start('databases/service.mjs', environment, withFerret ? ['--import', '@ferretjs/auto'] : []);
  const unhandled: string[] = [];
  child.process.on('message', (told: { unhandled?: string }) => {
    if (told.unhandled !== undefined) unhandled.push(told.unhandled);
  });
  const { port, names } = await message<{ port: number; names: string[] }>(child);
  const observed: Record<string, unknown> = {};
  for (const name of names) observed[name] = await (await fetch(`http://127.0.0.1:${port}/${name}`)).json();
  child.process.kill('SIGTERM');
  const { stderr } = await child.ended;
  return { observed, unhandled, file, stderr };
}

/** A span below a request. */
export interface ChildSpan {
  readonly name: string;
  readonly kind: string;
  readonly outcome: string;
  readonly error_type: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The spans below the request of a scenario, in the order of their start. */
export async function spansOf({ file }: Run, scenario: string): Promise<readonly ChildSpan[]> {
  const rows = await query<Omit<ChildSpan, 'attributes'> & { attributes: string }>(
    file,
    `SELECT child.name, child.kind, child.outcome, child.error_type, child.attributes
     FROM ferret_spans_v1 AS child JOIN ferret_spans_v1 AS root ON root.trace_id = child.trace_id
     WHERE root.kind = 'server' AND root.attributes ->> '$."url.path"' = '/${scenario}'
       AND child.parent_id = root.span_id
     ORDER BY child.start_us`,
  );
  return rows.map(({ attributes, ...row }) => ({
    ...row,
    attributes: JSON.parse(attributes) as Record<string, unknown>,
  }));
}

export async function namesOf(run: Run, scenario: string): Promise<readonly string[]> {
  return (await spansOf(run, scenario)).map(({ name }) => name);
}

/** `db.query.text` of the only query of a scenario. */
export async function queryOf(run: Run, scenario: string): Promise<unknown> {
  return (await spansOf(run, scenario)).map(({ attributes }) => attributes['db.query.text']).find(Boolean);
}

/** The tree of a scenario's request, as `ferret trace` prints it. */
export async function treeOf({ file }: Run, scenario: string): Promise<string> {
  const [root] = await query<{ id: string }>(
    file,
    `SELECT trace_id AS id FROM ferret_spans_v1 WHERE attributes ->> '$."url.path"' = '/${scenario}'`,
  );
  const { out, err } = await runFerret(['trace', root?.id ?? '', file], { cwd: dirname(file) });
  expect(err).toBe('');
  return out;
}

/** No value of a query is in any of Ferret's files. */
export function expectNoValue({ file }: Run): void {
  const folder = dirname(file);
  const files = readdirSync(folder);
  expect(files).toContain('ferret.db');
  for (const name of files) expect([name, readFileSync(join(folder, name)).includes(CANARY)]).toEqual([name, false]);
}
