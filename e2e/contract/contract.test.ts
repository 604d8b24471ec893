import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createFerret, type Ferret } from '@ferretjs/core';
import express5 from 'express';
import express5Package from 'express/package.json' with { type: 'json' };
import express4 from 'express-4';
import express4Package from 'express-4/package.json' with { type: 'json' };
import Koa3 from 'koa';
import koa3Package from 'koa/package.json' with { type: 'json' };
import Koa2 from 'koa-2';
import koa2Package from 'koa-2/package.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFile } from '../child.js';
import { soundness } from '../database.js';
import { CASES, type Case } from './cases.js';
import { matrix } from './matrix.js';
import { type Application, nameOf, type Stack } from './stack.js';
import { expressStack } from './stacks/express.js';
import { koaStack } from './stacks/koa.js';
import { nest11, nest12, nestStack } from './stacks/nest.js';
import { type StoredSpan, StoredSpans } from './stored-spans.js';

// As in production: in development, some frameworks answer errors with their stack, where Ferret's frames are.
vi.stubEnv('NODE_ENV', 'production');

const STACKS: readonly Stack[] = [
  expressStack(nameOf('Express', express5Package), express5),
  expressStack(nameOf('Express', express4Package), express4),
  koaStack(nameOf('Koa', koa3Package), Koa3),
  koaStack(nameOf('Koa', koa2Package), Koa2),
  ...[nest12, nest11].flatMap((nest) => [nestStack(nest, 'Express'), nestStack(nest, 'Fastify')]),
];

/** Stack, then case: whether it holds. */
const results = new Map(STACKS.map(({ name }) => [name, new Map<string, boolean>()]));

/** By name and path: requests of one connection may start in the same microsecond. */
function inOrder(spans: readonly StoredSpan[]): StoredSpan[] {
  const key = ({ name, attributes }: StoredSpan) => `${name} ${attributes['url.path']}`;
  return spans.toSorted((one, other) => key(one).localeCompare(key(other)));
}

function builderOf(stack: Stack, on: Case['on']): Stack['build'] | undefined {
  if (on === undefined) return stack.build;
  return on === 'http2' ? stack.buildHttp2 : stack.buildSockets;
}

describe.each(STACKS.map((stack) => [stack.name, stack] as const))('%s', (_name, stack) => {
  const database = temporaryFile();
  const stored = new StoredSpans(database);
  let ferret: Ferret;
  const applications = new Map<Case['on'], { readonly traced: Application; readonly bare: Application }>();

  beforeAll(async () => {
    ferret = createFerret({ database, flushIntervalMillis: 10 });
    for (const on of [undefined, 'http2', 'sockets'] as const) {
      const build = builderOf(stack, on);
      if (build === undefined) continue;
      const [traced, bare] = await Promise.all([build(ferret), build(undefined)]);
      applications.set(on, { traced, bare });
      for (const { server } of [traced, bare]) {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
      }
    }
    // Applications say on the console what went wrong in them.
    vi.spyOn(console, 'error').mockReturnValue();
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    for (const { server, close } of [...applications.values()].flatMap(({ traced, bare }) => [traced, bare])) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
      await close();
    }
  });

  const cases = CASES.filter(({ on }) => builderOf(stack, on) !== undefined);
  it.each(cases.map((each) => [each.name, each] as const))(
    '%s',
    async (name, { on, run, expected, lastsMillis = 0 }) => {
      results.get(stack.name)?.set(name, false);
      const { traced, bare } = applications.get(on) ?? expect.unreachable();
      const before = Date.now();
      const received = await run(traced, stack);
      expect(received).toBe(await run(bare, stack));
      const wanted = expected(stack, received);
      const { spans, rows } = await vi.waitFor(async () => {
        await ferret.flush();
        return stored.next(wanted.length);
      });
      expect(inOrder(spans)).toEqual(inOrder(wanted));
      for (const { start_us, duration_ns } of rows) {
        expect(start_us).toBeGreaterThan((before - 50) * 1000);
        expect(start_us + duration_ns / 1000).toBeLessThan((Date.now() + 50) * 1000);
        expect(duration_ns).toBeGreaterThanOrEqual(0);
      }
      if (lastsMillis > 0) expect(rows[0]?.duration_ns).toBeGreaterThan(lastsMillis * 1e6);
      expect(new Set(rows.map(({ trace_id }) => trace_id)).size).toBe(
        spans.filter(({ kind }) => kind === 'server').length,
      );
      results.get(stack.name)?.set(name, true);
    },
  );

  it('leaves a sound file with nothing else in it', async () => {
    await ferret.close();
    expect((await stored.next(0)).spans).toEqual([]);
    expect(await soundness(database)).toEqual({ integrity: 'ok', ledgers: [{ missing: 0 }] });
    expect(ferret.stats().started).toBe(ferret.stats().stored);
  });
});

it('is what the README shows (npm run test:e2e -- contract -u)', async ({ skip }) => {
  const isWhole = STACKS.every((stack) => {
    const cases = CASES.filter(({ on }) => builderOf(stack, on) !== undefined);
    return results.get(stack.name)?.size === cases.length;
  });
  if (!isWhole) skip('not every case ran');
  const readme = new URL('../README.md', import.meta.url);
  const shown = readFileSync(readme, 'utf8').replace(
    /(?<=<!-- matrix -->)[\s\S]*(?=<!-- end of matrix -->)/,
    matrix(results),
  );
  expect(shown).toContain('✓');
  await expect(shown).toMatchFileSnapshot(readme.pathname);
});
