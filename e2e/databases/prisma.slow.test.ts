import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installApart } from '../../scripts/install-apart.mjs';
import { query } from '../database.js';
import { pglite } from '../services/pglite.js';
import type { Service } from '../services/program.js';
import { expectNoValue, type Run, runScenarios, treeOf } from './run.js';

const VERSION = '7.10.0';
const directory = fileURLToPath(new URL('../../.cache/prisma', import.meta.url));
const packages = ['prisma', '@prisma/client', '@prisma/adapter-pg'].map((name) => `${name}@${VERSION}`);

const SCHEMA = `
generator client {
  provider = "prisma-client-js"
  output   = "./generated"
}
datasource db {
  provider = "postgresql"
}
model User {
  id   Int    @id
  name String
  @@map("users")
}
`;

/**
 * Installs Prisma and generates its client. Nothing but the registry is asked: the engine of migrations is not needed.
 */
function generate(): string {
  const modules = installApart(directory, packages);
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/schema.prisma`, SCHEMA);
  writeFileSync(`${directory}/prisma.config.mjs`, `export default { schema: 'schema.prisma' };\n`);
  execFileSync(process.execPath, [`${modules}/prisma/build/index.js`, 'generate'], {
    cwd: directory,
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    stdio: 'pipe',
  });
  return modules;
}

describe('Prisma with pglite', () => {
  let server: Service | undefined;
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    const name = generate();
    server = await pglite.start();
    without = await runScenarios({ client: 'prisma', package: name, port: server.port }, false);
    run = await runScenarios({ client: 'prisma', package: name, port: server.port }, true);
  }, 240_000);
  afterAll(() => server?.stop());

  /** The names of the spans of a scenario, each with that of its parent. */
  async function pairsOf(scenario: string): Promise<readonly string[]> {
    const rows = await query<{ pair: string }>(
      run.file,
      `SELECT parent.name || ' > ' || child.name AS pair
       FROM ferret_spans_v1 AS root
       JOIN ferret_spans_v1 AS child ON child.trace_id = root.trace_id
       JOIN ferret_spans_v1 AS parent ON parent.span_id = child.parent_id
       WHERE root.attributes ->> '$."url.path"' = '/${scenario}'
       ORDER BY child.start_us`,
    );
    return rows.map(({ pair }) => pair.replaceAll('"', '')).filter((pair) => !pair.includes('pool.connect'));
  }

  it('FAULTS 65: answers as without Ferret, field by field', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: stores no value', () => expectNoValue(run));

  it.each([
    ['find', ['GET > findMany User', 'findMany User > SELECT public.users']],
    ['unique', ['GET > findUnique User', 'findUnique User > SELECT public.users']],
    ['raw', ['GET > queryRaw', 'queryRaw > SELECT users']],
    ['failing', ['GET > create User', 'create User > INSERT public.users', 'GET > create User']],
  ])('has the operation of "%s", and below it what the driver is asked', async (scenario, pairs) => {
    expect(await pairsOf(scenario)).toEqual(pairs);
  });

  it('shows a loop of 212 operations as one', async () => {
    expect(await treeOf(run, 'loop')).toMatch(/x 212 findFirst User/);
  });
});
