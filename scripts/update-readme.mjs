// npm run update-readme, after npm start: rewrites what the README shows of the CLI from the example's file.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const shown = { '$ npx @ferretjs/cli analyze': ['--limit', '8'], '$ npx @ferretjs/cli analyze --tree': ['--tree'] };

/** As on a terminal of this width: what has no room there is left out, and said. */
const COLUMNS = 120;

let readme = readFileSync(`${root}/README.md`, 'utf8');
for (const [command, options] of Object.entries(shown)) {
  const line = [process.execPath, `${root}/packages/cli/bin/ferret.js`, 'analyze', ...options]
    .concat(`${root}/examples/express/ferret.db`)
    .map((word) => `'${word}'`)
    .join(' ');
  const { stdout, status } = spawnSync('script', ['-qec', `stty cols ${COLUMNS} && ${line}`, '/dev/null'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`ferret analyze ${options.join(' ')} failed: run npm start first`);
  const start = readme.indexOf(`${command}\n`) + command.length;
  const end = readme.indexOf('\n```', start);
  readme = `${readme.slice(0, start)}\n\n${stdout.replaceAll('\r', '').trimEnd()}${readme.slice(end)}`;
}
writeFileSync(`${root}/README.md`, readme);
