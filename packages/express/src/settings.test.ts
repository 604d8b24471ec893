import type { Diagnostic } from '@ferretjs/core';
import type { Request, Response } from 'express';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { ferret } from './index.js';
import { createProbe, VERSIONS } from './versions.fixture.js';

describe.each(VERSIONS)('%s', (version, express) => {
  const is5 = version.startsWith('Express 5');
  type App = ReturnType<typeof express>;

  const SETTINGS: readonly [string, unknown][] = [
    ['case sensitive routing', true],
    ['strict routing', true],
    ['query parser', 'simple'],
  ];

  /** Returns the responses of the application and the diagnostics of Ferret, after these steps in this order. */
  async function run(steps: (app: App, use: () => void) => void) {
    const diagnostics: Diagnostic[] = [];
    const { instance, span } = createProbe({ onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
    const app = express();
    let isTraced = false;
    steps(app, () => {
      isTraced = true;
      app.use(ferret(instance));
    });
    app.get('/Users/:id', (_request: Request, response: Response) => void response.json('user'));
    app.get('/query', (request: Request, response: Response) => void response.json(request.query));
    const answers: unknown[] = [];
    for (const path of ['/Users/1', '/users/1', '/Users/1/', '/query?a[b]=1&a[b]=2']) {
      const { status, body } = await supertest(app).get(path);
      answers.push([status, body]);
    }
    if (isTraced) await span(4);
    return { answers, diagnostics };
  }

  const set = (app: App) => {
    for (const [name, value] of SETTINGS) app.set(name, value);
  };

  it("A7: the README's order keeps the application's settings", async () => {
    const bare = await run((app) => set(app));
    const { answers, diagnostics } = await run((app, use) => {
      set(app);
      use();
    });
    expect(answers).toEqual(bare.answers);
    expect(answers).toEqual([
      [200, 'user'],
      [404, {}],
      [404, {}],
      [200, { 'a[b]': ['1', '2'] }],
    ]);
    expect(diagnostics).toEqual([]);
  });

  it('A7: one warning names the settings that were made too late', async () => {
    const { diagnostics } = await run((app, use) => {
      use();
      set(app);
    });
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ code: 'SETTINGS_IGNORED' });
    const late = SETTINGS.map(([name]) => name).filter((name) => !is5 || name !== 'query parser');
    for (const [name] of SETTINGS) {
      expect(diagnostics[0]?.message.includes(`'${name}'`), name).toBe(late.includes(name));
    }
  });

  it.each([
    ['nothing is set', (_app: App, use: () => void) => use()],
    [
      'settings that do not matter are made late',
      (app: App, use: () => void) => {
        use();
        app.set('etag', false);
        app.set('query parser', is5 ? 'simple' : 'extended');
        app.disable('strict routing');
      },
    ],
    [
      'a query parser of the application is set before',
      (app: App, use: () => void) => {
        app.set('query parser', (text: string) => ({ text }));
        use();
      },
    ],
    [
      'the application itself used something before',
      (app: App, use: () => void) => {
        app.use((_request, _response, next) => next());
        set(app);
        use();
      },
    ],
  ])('A7: there is no warning if %s', async (_what, steps) => {
    expect((await run(steps)).diagnostics).toEqual([]);
  });

  it('A7: any query parser that was set too late is named', async () => {
    for (const parser of [false, 'simple', (text: string) => ({ text })]) {
      const { diagnostics } = await run((app, use) => {
        use();
        app.set('query parser', parser);
      });
      expect(diagnostics.map(({ code }) => code)).toEqual(is5 ? [] : ['SETTINGS_IGNORED']);
    }
  });
});
