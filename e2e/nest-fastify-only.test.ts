import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('A28: a Nest application on Fastify needs no Express', async () => {
  const app = fileURLToPath(new URL('apps/nest-fastify-only.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [app]);
  expect(JSON.parse(stdout)).toEqual(['GET /raw/:id']);
});
