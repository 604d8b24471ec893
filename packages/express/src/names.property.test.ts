import type { IRouter, Request, Response } from 'express';
import fc from 'fast-check';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { build, VERSIONS } from './versions.fixture.js';

/** A path as an application may register it, a path that a client may send to it, and the path in the span's name. */
interface Form {
  readonly registered: string | RegExp | (string | RegExp)[];
  readonly sent: (marker: string) => string;
  readonly named: string;
}

const form = (registered: Form['registered'], sent: Form['sent'], named = String(registered)): Form => ({
  registered,
  sent,
  named,
});

/** Paths that every version accepts. */
const COMMON = [
  form('/users', () => '/users'),
  form('/Mixed/Case/', () => '/mIXED/cASE', '/Mixed/Case'),
  form('/:tenant', (marker) => `/${marker}`),
  form('/t/:tenant/of/:other', (marker) => `/t/${marker}/of/${marker}%41`),
  form('/:from-:to', (marker) => `/${marker}-${marker}`),
  form('/file.:ext', (marker) => `/file.${marker}`),
];

const EXPRESS_4 = [
  ...COMMON,
  form('/v[0-9]+', (marker) => `/v${marker.length}7`),
  form('/ab+cd', (marker) => `/a${'b'.repeat(marker.length)}cd`),
  form('/ab?cd', (marker) => (marker.length % 2 === 0 ? '/acd' : '/abcd')),
  form('/a(b)?c', (marker) => (marker.length % 2 === 0 ? '/ac' : '/abc')),
  form('/ab*cd', (marker) => `/ab${marker}cd`),
  form('/:id(\\w+)', (marker) => `/${marker}`),
  form('/:name.:ext?', (marker) => (marker.length % 2 === 0 ? `/${marker}` : `/${marker}.${marker}`)),
  form('/o/:optional?', (marker) => (marker.length % 2 === 0 ? `/o/${marker}` : `/o`)),
  form('/[^/]+/end', (marker) => `/${marker}/END`),
  form('/user@:name', (marker) => `/user@${marker}`),
];

/** Paths that match the whole rest, so that they must be last. */
const LAST_4 = [
  form('/rest/*', (marker) => `/rest/${marker}/${marker}`),
  form('*', (marker) => `/${marker}/${marker}`),
];

const EXPRESS_5 = [...COMMON, form('/opt{/:x}/end', (marker) => `/opt/${marker}/end`)];
const LAST_5 = [form('/rest/*path', (marker) => `/rest/${marker}/${marker}`)];

const EXPRESSIONS = [
  form(/^\/r\d+/, (marker) => `/r${marker.length}`),
  form(/^\/(\w+)-x/i, (marker) => `/${marker}-X`),
  form(/^\/(?:one|two)(?=\/|$)/, (marker) => (marker.length % 2 === 0 ? '/one' : '/two')),
  form(/^\/a\d*|^\/b\d*/, (marker) => (marker.length % 2 === 0 ? '/a1' : '/b2')),
];

/** A list of paths, of which the client always sends the same one. */
const list = (forms: readonly Form[]) =>
  fc.tuple(fc.constantFrom(...forms), fc.constantFrom(...forms)).map(([one, two]): Form => {
    const other = '/never/sent/:to';
    return form([other, one.registered as string, `${other}/${two.named.length}`], one.sent, one.named);
  });

const marker = fc.stringMatching(/^[a-z]{3,8}$/).map((text) => `zq${text}`);

const answer = (_request: Request, response: Response) => void response.end('ok');

describe.each(VERSIONS)('%s', (version, express) => {
  const is5 = version.startsWith('Express 5');
  // The router of Express 5.0 does not keep the path of a mount. Its case and its optional parts are unknown there, and
  // an expression is missing from names.
  const isUntold = version === 'Express 5.0';
  const spelling = (name: string) => (isUntold ? name.toLowerCase() : name);
  const strings = isUntold ? COMMON : is5 ? EXPRESS_5 : EXPRESS_4;
  const last = is5 ? LAST_5 : LAST_4;
  const expressions = isUntold ? [] : EXPRESSIONS;
  const mount = fc.oneof(fc.constantFrom(...strings, ...expressions), list(strings));
  const end = fc.oneof(fc.constantFrom(...strings, ...last, ...expressions), list(strings));

  it('A6: two requests through the same layers have the same name, made only of registered paths', async () => {
    const shape = fc.record({
      mounts: fc.array(mount, { maxLength: 3 }),
      end,
      isRoute: fc.boolean(),
      markers: fc.tuple(marker, marker),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ mounts: chain, end: { registered, sent, named }, isRoute, markers }) => {
        const { app, span } = build(express);
        let inner: IRouter = app;
        for (const { registered: path } of chain) {
          const router = express.Router({ mergeParams: true });
          inner.use(path, router);
          inner = router;
        }
        if (isRoute) inner.get(registered, answer);
        else inner.use(registered, answer);
        const found: string[] = [];
        for (const [index, text] of markers.entries()) {
          const url = [...chain.map((one) => one.sent(text)), sent(text)].join('');
          const { status } = await supertest(app).get(url);
          // A pattern may match more than intended, and leave too little for the next one.
          fc.pre(status === 200);
          const { name } = await span(index + 1);
          expect(name.toLowerCase()).not.toContain(text);
          found.push(name.replace(/\/\*$/, ''));
        }
        const whole = `GET ${[...chain.map((one) => one.named), named].join('')}`.replace(/\/\*$/, '');
        expect(found.map(spelling)).toEqual([spelling(whole), spelling(whole)]);
      }),
      { numRuns: process.env['FERRET_SOAK'] ? 3_000 : 60 },
    );
  });
});
