import { expect, it, vi } from 'vitest';

it('names the main thread', async () => {
  const { identifyProcess } = await import('./process-identity.js');
  const me = identifyProcess('run', 'shop', {});
  expect(me).toMatchObject({ runId: 'run', service: 'shop', pid: process.pid, nodeVersion: process.versions.node });
  expect(identifyProcess('run', 'shop', {}).processKey).not.toBe(me.processKey);
});

it.each([
  [{ threadName: 'resizer' }, 'resizer'],
  [{}, 'worker-7'],
])('names a worker by its name, or by its number where Node knows none', async (worker, expected) => {
  vi.resetModules();
  vi.doMock('node:worker_threads', () => ({ isMainThread: false, threadId: 7, threadName: undefined, ...worker }));
  const { identifyProcess } = await import('./process-identity.js');
  expect(identifyProcess('run', 'shop', {})).toMatchObject({ threadId: 7, threadName: expected });
  vi.doUnmock('node:worker_threads');
});
