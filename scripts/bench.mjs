// npm run bench [-- --short]: installs and builds what is missing, then measures.
import { install } from './install.mjs';

await install();
const { build } = await import('./build.mjs');
if (build()) await import('../bench/run.mjs');
else process.exitCode = 1;
