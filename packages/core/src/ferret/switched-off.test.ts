import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { currentSpan } from '../trace/context.js';
import { createFerret } from './default-ferret.js';
import { FerretInstance } from './ferret-instance.js';

const folder = temporaryDirectory();
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = ['SIGTERM', 'SIGINT', 'exit', 'beforeExit', 'uncaughtExceptionMonitor'];
const listeners = () => EVENTS.map((event) => process.listenerCount(event));

it.each(['an option', 'the environment'])(
  'P24: switched off by %s, makes no file and no hooks, and all calls work',
  async (how) => {
    const database = join(folder, 'nothing', 'ferret.db');
    if (how === 'the environment') vi.stubEnv('FERRET_ENABLED', 'false');
    const before = listeners();
    const ferret = createFerret({ database, ...(how === 'an option' && { enabled: false }) });
    vi.unstubAllEnvs();
    expect(listeners()).toEqual(before);

    const result = {};
    const value = ferret.measure('work', { a: 1 }, (span) => {
      span.annotate({ b: 2 }).rename('other').recordError(new Error('x'));
      expect(span.isRecording).toBe(false);
      expect(span.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
      return result;
    });
    expect(value).toBe(result);
    expect(() =>
      ferret.measure('work', () => {
        throw new RangeError('mine');
      }),
    ).toThrow('mine');
    expect(ferret.wrap('twice', (n: number) => n * 2)(4)).toBe(8);
    expect(await ferret.measure('later', async () => 7)).toBe(7);
    ferret.start('by hand', { attributes: { a: 1 } }).end();
    ferret.configure({ maxSpansPerSecond: 5 });
    expect(ferret.metrics()).toContain('# TYPE');
    await ferret.flush();
    expect(await ferret.close()).toMatchObject({ complete: true, unwritten: 0 });
    expect(ferret.stats()).toMatchObject({ started: 0, stored: 0, pending: 0 });
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  },
);

it('P24: switched off, a request runs without a span', async () => {
  const ferret = new FerretInstance({ enabled: false });
  let seen: unknown = 'nothing';
  const server = createServer((request, response) =>
    ferret.http.trace(
      request,
      response,
      () => '/',
      () => {
        seen = currentSpan();
        response.end('ok');
      },
    ),
  ).listen(0);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  expect(seen).toBeUndefined();
  server.closeAllConnections();
  server.close();
});
