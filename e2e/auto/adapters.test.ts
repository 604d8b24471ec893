import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFile } from '../child.js';
import { appPath, runNode, spansOf } from './run-node.js';

const ADAPTERS: Record<string, string> = {
  'express, options': 'GET /users/:id',
  'express, instance': 'GET /users/:id',
  'koa, options': 'GET /own/:route',
};

describe('an application that has an adapter as well', () => {
  for (const [adapter, name] of Object.entries(ADAPTERS)) {
    it(`has one span a request, where and as the adapter says: ${adapter}`, async () => {
      const [own, other] = [temporaryFile(), temporaryFile()];
      const { code, err } = await runNode(['--import', '@ferretjs/auto', appPath('with-adapter.mjs')], {
        ADAPTER: adapter,
        DATABASE: own,
        FERRET_DATABASE: other,
        // The client of the same process is outside of any span.
      });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect((await spansOf(own)).map((span) => span.name)).toEqual([name]);
      expect(existsSync(other)).toBe(false);
    });
  }
});

describe('Nest without code', () => {
  for (const nest of ['12', '11']) {
    for (const platform of ['express', 'fastify']) {
      it(`has routes by its platform: Nest ${nest} on ${platform}`, async () => {
        const file = temporaryFile();
        const { code, err } = await runNode(['--import', '@ferretjs/auto', appPath('nest.mjs')], {
          NEST: nest,
          PLATFORM: platform,
          FERRET_DATABASE: file,
        });
        expect({ code, err }).toEqual({ code: 0, err: '' });
        const spans = (await spansOf(file)).filter(({ kind }) => kind === 'server');
        expect(spans.map((span) => `${span.name} ${span.http_status_code} ${span.outcome}`)).toEqual([
          'GET /api/users/:id 200 ok',
          'GET /api/users/all/boom 500 error',
          'GET 404 ok',
        ]);
      });
    }
  }
});
