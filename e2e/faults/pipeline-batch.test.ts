import { expect, it } from 'vitest';
import { runScript } from '../child.js';
import { execute } from '../database.js';
import { ENDED_WELL, expectSound } from './invariants.js';
import { atLeast, startService } from './service.js';

it('30 a. a batch that the file refuses is counted, and the next one is written', async () => {
  const service = await startService({ flushIntervalMillis: 20 });
  const load = service.load(100);
  await service.until({ stored: atLeast(20) });
  // Whatever is wrong with a batch: here, a rule that somebody has added to the file.
  await execute(
    service.database,
    `PRAGMA busy_timeout = 5000;
     CREATE TRIGGER refuse BEFORE INSERT ON span BEGIN SELECT RAISE(ABORT, 'not today'); END`,
  );
  await service.until({ dropped: { writeFailed: atLeast(20) } });
  const { stored } = await service.stats();
  await execute(service.database, 'PRAGMA busy_timeout = 5000; DROP TRIGGER refuse');
  await service.until({ stored: atLeast(stored + 20) });

  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  const { started, stored: all, dropped, pending } = await service.flush();
  expect([started, pending]).toEqual([requests * 2, 0]);
  expect(dropped.writeFailed).toBe(started - all);
  expect((await service.close()).stderr).toContain('not today');
  expect(await expectSound(service.database)).toMatchObject([{ dropped_write_failed: started - all }]);
});

it('30 b. a sink that throws, rejects or hands back nonsense loses that batch alone', async () => {
  const end = await runScript(
    `const faults = [
       () => { throw new Error('thrown'); }, async () => { throw null; }, () => Promise.reject('text'), () => 42,
     ];
     const stored = [];
     const sink = {
       write({ spans }) {
         return faults.length > 0 && spans.length > 0 ? faults.shift()() : void stored.push(...spans);
       },
       close() { throw new Error('at close'); },
     };
     const codes = [];
     const ferret = createFerret({ sink, onDiagnostic: ({ code }) => codes.push(code) });
     for (let i = 0; i < 10; i++) {
       ferret.start('work ' + i).end();
       await ferret.flush();
     }
     const { complete, ledger } = await ferret.close();
     const { dropped } = ledger;
     if (!complete || dropped.writeFailed !== 3 || ledger.stored !== 7 || stored.length !== 6)
       throw new Error(JSON.stringify(ledger));
     if (codes.join() !== 'WRITE_FAILED') throw new Error(codes.join());`,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
});
