import { describe, expect, it } from 'vitest';
import { temporaryFile } from '../child.js';
import { appPath, runNode, spansOf } from './run-node.js';

describe('Nest from the inside, without code', () => {
  for (const nest of ['12', '11']) {
    it(`has methods, slow guards and jobs: Nest ${nest}`, async () => {
      const file = temporaryFile();
      const result = await runNode(['--import', '@ferretjs/auto', appPath('nest-inside.mjs')], {
        NEST: nest,
        FERRET_DATABASE: file,
        NODE_NO_WARNINGS: '',
      });
      expect(result).toEqual({ code: 0, signal: null, out: 'user 7 1\n', err: '' });
      const spans = await spansOf(file);
      const nameOf = new Map(spans.map((span) => [span.span_id, span.name]));
      expect(spans.map(({ name, parent_id }) => [name, nameOf.get(parent_id ?? '')])).toEqual([
        ['GET /users/:id', undefined],
        ['SlowGuard.canActivate', 'GET /users/:id'],
        ['UsersController.show', 'GET /users/:id'],
        ['UsersService.find', 'UsersController.show'],
        ['UsersService.format', 'UsersService.find'],
        ['interval nightly', undefined],
      ]);
    });
  }

  for (const [methods, names] of [
    ['', ['GET /users', 'UsersController.show', 'UsersController.name']],
    ['only', ['GET /users', 'UsersController.name']],
    ['false', ['GET /users']],
  ] as const) {
    it(`has each once with FerretModule, as its option says: ${methods || 'nothing'}`, async () => {
      const file = temporaryFile();
      const result = await runNode(['--import', '@ferretjs/auto', appPath('nest-with-module.mjs')], {
        METHODS: methods,
        FERRET_DATABASE: file,
      });
      expect(result).toEqual({ code: 0, signal: null, out: '', err: '' });
      expect((await spansOf(file)).map(({ name }) => name)).toEqual(names);
    });
  }

  it('is left out like any library', async () => {
    const file = temporaryFile();
    const { code } = await runNode(['--import', '@ferretjs/auto', appPath('nest-inside.mjs')], {
      FERRET_INSTRUMENT_EXCEPT: 'nest',
      FERRET_DATABASE: file,
    });
    expect(code).toBe(0);
    expect((await spansOf(file)).map(({ name }) => name)).toEqual(['GET /users/:id']);
  });
});
