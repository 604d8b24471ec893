import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('the README of @ferretjs/auto says which libraries it sees: npm run docs', () => {
  const script = fileURLToPath(new URL('../../packages/auto/scripts/coverage-table.mjs', import.meta.url));
  expect(spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

it('docs/cli.md says what the commands are: npm run docs', () => {
  const script = fileURLToPath(new URL('../../packages/cli/scripts/cli-docs.mjs', import.meta.url));
  expect(spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});
