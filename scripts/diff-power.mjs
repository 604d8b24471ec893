// npm run diff-power: measures what `ferret diff` finds, and its false alarms, and rewrites the tables of
// packages/cli/README.md.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync('npx', ['vitest', 'run', 'packages/queries/src/diff/power.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FERRET_DIFF_POWER: `${root}packages/cli/README.md` },
});
process.exitCode = status ?? 1;
