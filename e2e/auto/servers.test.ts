import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFile } from '../child.js';
import { BIN } from '../ferret.js';
import { appPath, makeCertificate, runNode, spansOf } from './run-node.js';

const certificate = makeCertificate();
const tls = certificate === undefined ? {} : { CERTIFICATE: certificate };

/** The requests that the application makes to its servers, in order: name, status, outcome. */
const EXPECTED = [
  'GET 200 ok',
  ...(certificate === undefined ? [] : ['GET 200 ok']),
  'GET 200 ok',
  ...['express 5', 'express 4'].flatMap(() => [
    'GET /users/:id 200 ok',
    'GET /api/:version/items/:item 200 ok',
    'GET /boom 500 error',
    'GET 404 ok',
  ]),
  ...['koa 3', 'koa 2'].flatMap(() => ['GET /users/:id 200 ok', 'GET /boom 500 error', 'GET 404 ok']),
  'GET /users/:id 200 ok',
  'GET /guarded/:id 401 ok',
  'GET /boom 500 error',
  'GET 404 ok',
  'GET /users/:id 200 ok',
];

/** Ways to start an application, with its Node's parameters. */
const WAYS: Record<string, { parameters: string[]; environment?: Record<string, string> }> = {
  '--import, ES modules': { parameters: ['--import', '@ferretjs/auto', appPath('servers.mjs')] },
  '--import, CommonJS': { parameters: ['--import', '@ferretjs/auto', appPath('servers.cjs')] },
  '--require, ES modules': { parameters: ['--require', '@ferretjs/auto', appPath('servers.mjs')] },
  '--require=, CommonJS': { parameters: ['--require=@ferretjs/auto', appPath('servers.cjs')] },
  'instrument() in code': { parameters: [appPath('servers.cjs')], environment: { INSTRUMENT: '1' } },
  NODE_OPTIONS: { parameters: [appPath('servers.mjs')], environment: { NODE_OPTIONS: '--import @ferretjs/auto' } },
  'ferret run': { parameters: [BIN, 'run', '--', process.execPath, appPath('servers.mjs')] },
};

describe('requests without code', () => {
  for (const [name, { parameters, environment }] of Object.entries(WAYS)) {
    it(`are spans with routes: ${name}`, async () => {
      const file = temporaryFile();
      const { code, err } = await runNode(parameters, { ...tls, ...environment, FERRET_DATABASE: file });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const spans = await spansOf(file);
      const served = spans.filter(({ kind }) => kind === 'server');
      expect(served.map((span) => `${span.name} ${span.http_status_code} ${span.outcome}`)).toEqual(EXPECTED);
      // Each is a trace of its own: the client is outside of any span.
      expect(new Set(served.map((span) => span.trace_id)).size).toBe(served.length);
      expect(spans.filter(({ kind }) => kind !== 'server')).toEqual([]);
      expect(readFileSync(file).includes('canary-query')).toBe(false);
    });
  }

  it('have their exceptions, those of Express with recordExceptions', async () => {
    const file = temporaryFile();
    await runNode(['--import', '@ferretjs/auto', appPath('servers.mjs')], {
      FERRET_DATABASE: file,
      FERRET_RECORD_EXCEPTIONS: 'true',
    });
    const failed = (await spansOf(file)).filter(({ outcome }) => outcome === 'error');
    expect(failed.map(({ attributes }) => JSON.parse(attributes)['exception.message'])).toEqual(Array(5).fill('boom'));
  });

  it('FAULTS 65: are answered as they were', async () => {
    const without = await runNode([appPath('servers.mjs')], tls);
    const withFerret = await runNode(['--import', '@ferretjs/auto', appPath('servers.mjs')], {
      ...tls,
      FERRET_DATABASE: temporaryFile(),
    });
    expect(JSON.parse(withFerret.out)).toEqual(JSON.parse(without.out));
  });
});
