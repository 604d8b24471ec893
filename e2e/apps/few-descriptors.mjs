// Records ten spans while LEFT file descriptors are left, and ten before if WHEN is `later`; gives the others back, and
// tells its parent the fate of the spans. It is started under a limit of descriptors.

import { closeSync, openSync } from 'node:fs';
import { createFerret } from '@ferretjs/core';

const ferret = createFerret({ database: process.env.DATABASE, onDiagnostic: () => {} });
const record = () => {
  for (let i = 0; i < 10; i++) ferret.start('work').end();
};
if (process.env.WHEN === 'later') {
  record();
  await ferret.flush();
}
await import('sqlite3').catch(() => {}); // A module is not found without a descriptor; this one is loaded at the start.

const held = [];
try {
  for (;;) held.push(openSync('/dev/null'));
} catch {
  // None is left.
}
for (let left = Number(process.env.LEFT); left > 0; left--) closeSync(held.pop());
record();
// The pipeline tries for as long as that takes.
const flushed = ferret.flush();
await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 500))]);
for (const descriptor of held) closeSync(descriptor);
await flushed;
const { ledger } = await ferret.close();
process.send(ledger, () => process.disconnect());
