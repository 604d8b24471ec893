// A writer of the benchmark of several: records spans as fast as the file takes them until it is told to stop.
import { createFerret } from '@ferretjs/core';

const BATCH = 512;
const ferret = createFerret({
  database: process.env.FILE,
  batchSize: BATCH,
  maxSpansPerSecond: Infinity,
  runId: 'writers',
  onDiagnostic: () => {},
});
const message = () => new Promise((resolve) => process.once('message', resolve));
process.send('ready');
await message();
let isStopped = false;
void message().then(() => {
  isStopped = true;
});
while (!isStopped) {
  for (let index = 0; index < BATCH * 16; index++) {
    ferret
      .start('SELECT users', {
        parent: null,
        attributes: { 'db.system.name': 'sqlite', 'db.rows': index % 50, 'user.plan': 'pro' },
      })
      .end();
  }
  await ferret.flush();
}
const { stored } = ferret.stats();
const { ledger } = await ferret.close({ timeoutMillis: 30_000 });
process.send({ stored, ledger });
process.disconnect();
