// npm run bench [-- --short]: installs and builds what is missing, then measures.
import { install } from './install.mjs';

await install({ needsSqlite3: true });
const { build } = await import('./build.mjs');
if (await build()) await import('../bench/run.mjs');
else process.exitCode = 1;
