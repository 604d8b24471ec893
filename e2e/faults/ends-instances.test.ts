import { describe, expect, it } from 'vitest';
import { message, runScript, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { ENDED_WELL, expectSound, expectUndisturbed } from './invariants.js';

/** Forty applications made one after the other, each with a server and a request, and dropped. */
const APPLICATIONS = (framework: string) => `
  const { readFile } = await import('node:fs/promises');
  const { createServer } = await import('node:http');
  const { default: framework } = await import('${framework}');
  const { ferret } = await import('@ferretjs/${framework}');
  const serve = async (ferretOptions) => {
    const app = '${framework}' === 'koa' ? new framework() : framework();
    app.use(ferret(ferretOptions));
    if ('${framework}' === 'koa') app.use((ctx) => { ctx.body = 'x'; });
    else app.get('/x', (request, response) => response.end('x'));
    const server = createServer('${framework}' === 'koa' ? app.callback() : app);
    await new Promise((resolve) => server.listen(0, resolve));
    const url = 'http://127.0.0.1:' + server.address().port + '/x';
    await (await fetch(url, { headers: { connection: 'close' } })).text();
    await new Promise((resolve) => server.close(resolve));
  };`;

it.each(['express', 'koa'])(
  '55. P4: forty instances of %s for equal options are one, and the process ends',
  async (name) => {
    const database = temporaryFile();
    const end = await runScript(
      `${APPLICATIONS(name)}
     for (let i = 0; i < 40; i++) {
       const headers = { request: ['x-tenant'] };
       await serve({ ...options, service: 'shop', ignore: ['/health', /^.assets/], headers });
     }
     process.disconnect?.();`,
      database,
    );
    expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
    expect(await expectSound(database)).toMatchObject([{ started: 40, stored: 40, end_reason: 'exit' }]);
  },
);

it('55. P4: forty instances on one file are told of once, the process ends, and everything is stored', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `for (let i = 0; i < 40; i++) createFerret({ ...options, runId: 'run ' + i }).start('work').end();
     process.exitCode = 3;`,
    database,
  );
  expect(end).toMatchObject({ code: 3, signal: null });
  expect(end.stderr.match(/FERRET_MANY_INSTANCES/g)).toHaveLength(1);
  const { recoverFile } = await import('@ferretjs/core/maintenance');
  await recoverFile(database);
  const processes = await expectSound(database);
  expect(processes).toHaveLength(40);
  for (const process of processes) expect(process).toMatchObject({ started: 1, stored: 1 });
});

it('55. P4: what is made and closed in turn is told of by nobody', async () => {
  const end = await runScript(
    `for (let i = 0; i < 30; i++) {
       const ferret = createFerret({ ...options, runId: 'run' });
       ferret.start('work').end();
       await ferret.close();
     }`,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
});

describe('when the event loop runs empty and the store hangs', () => {
  /** A store whose work holds the loop open for good. */
  const HANGING = `
    const { createServer } = await import('node:net');
    const sink = { write: () => new Promise(() => createServer().listen(0)), close: async () => {} };
    createFerret({ sink, onDiagnostic: ({ code }) => console.error(code) }).start('work').end();
    process.exitCode = 5;`;

  it('55. P4: the process ends at the deadline of close(), with its exit code', async () => {
    const child = startScript(
      `${HANGING} process.on('exit', (code) => console.error('exit', code)); process.disconnect?.();`,
    );
    const end = await child.ended;
    expect(end).toMatchObject({ code: 5, signal: null, stderr: 'CLOSE_TIMED_OUT\nexit 5\n' });
  });

  it('55. P4: it goes on for as long as others that heard of it have work to do', async () => {
    const child = startScript(
      `const { createServer } = await import('node:net');
       const sink = { write: () => new Promise(() => {}), close: async () => {} };
       createFerret({ sink, onDiagnostic: () => {} }).start('work').end();
       process.once('beforeExit', () => {
         const server = createServer().listen(0);
         setTimeout(() => { process.send?.('done'); server.close(); }, 6500);
       });
       process.channel?.unref();`,
    );
    expect(await message(child)).toBe('done');
    expectUndisturbed(await child.ended);
  });
});

it('55. P4: an application and its copy after hot reload have one queue and one connection', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `const { ferretFor } = await import('@ferretjs/core/http');
     const { createRequire } = await import('node:module');
     const other = createRequire(process.argv[1])('@ferretjs/core/http');
     const given = { ...options, service: 'shop', redact: { names: ['tenant'] } };
     const first = ferretFor(given);
     if (ferretFor({ ...given, redact: { names: ['tenant'] } }) !== first) throw new Error('equal options');
     if (other.ferretFor({ ...given }) !== first) throw new Error('the other copy of the package');
     given.redact.names.push('more');
     if (ferretFor(given) === first) throw new Error('changed since');
     if (ferretFor({ ...given, service: 'other' }) === first) throw new Error('another service');
     const others = [() => {}, () => {}].map((onDiagnostic) => ferretFor({ ...given, onDiagnostic }));
     if (others[0] === others[1]) throw new Error('functions');
     if (ferretFor({ sink: new MemorySink() }) === ferretFor({ sink: new MemorySink() })) throw new Error('stores');
     first.start('work').end();
     await first.close();
     const again = ferretFor({ ...options, service: 'shop', redact: { names: ['tenant'] } });
     if (again === first) throw new Error('closed');`,
    database,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
  expect(await query(database, 'SELECT count(*) AS spans FROM ferret_spans_v1')).toEqual([{ spans: 1 }]);
});
