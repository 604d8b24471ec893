import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactQuery } from '../http/url-query.js';
import { createRedactor } from './redaction.js';
import { NameRule } from './secrets/secret-names.js';
import { findSecrets, redactText } from './secrets/secret-text.js';
import { Work } from './secrets/work.js';

/** Pieces of crafted requests that are expensive for the patterns and loops of redaction. */
// biome-ignore format: a list of texts
const ATOMS = [
  '4-4', '4-4-4=4-4-4-4-&', '-----END%20A-----1', '-----END%20A&', '%22key%22:%2b', '%25252e=%2525&', '%C3%A9=', 'a', '1 ', '4111-', '://', '://a:', '://a@', '@',
  'eyJ', 'eyJaaaa.', 'bearer ', 'basic aaaa', '-----BEGIN A-----', '\\', '\\"', '"', '"key":[', '{"key":', 'key="', 'key=', 'a=', '==', 'a.', 'token', 'sk-', 'ghp_', 'cookie:', '%', '%zz',
  '+', '&', 'a&key=', ';', '-', '00-', '\ud800', '\u00e9: ', 'key is ', 'key in ', 'into a(key)values', "('key',", 'name="key"', 'identified by ', 'curl -u ', '--key ', '&quot;', '\\u0022',
  'code=', 'state=', 'Q~', 'M.', '-us', ':AA', 'glpat-', 'SK1', 'sl.', "password '", 'key:', 'key :', 'x key', '<key>', '<a b>', 'key.', 'hooks.slack.com/services/', '|\n', '`', '$$', 'key=$$',
  "key=f('", '%3D', '%61', 'Mxxxxxxxxxxxxxxxxxxxxxxxx.', '0123456789abcdef', 'name="key"\n\n', 'value="a"', 'digest ', 'api key ', '$a a=',
];
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
/** Maximum cost of a crafted request, in ordinary requests of its size. */
const MOST = 3;

/** Characters that are searched in the path, the query and the user agent of a request of 16 KB. */
const LOOKED = [2048, 3072, 2048];

function filled(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

const names = new NameRule({});

/** Units of work that a text takes. Counted and not timed, so that other programs have no influence. */
function workOf(text: string, rule = names): number {
  const work = new Work(text.length);
  findSecrets(text, rule, work);
  return work.spent;
}

const ordinaryTexts = [
  filled('/api/users/42/orders', LOOKED[0]!),
  filled('page=2&sort=name&q=red%20shoes&next=https%3A%2F%2Fa.test%2Forders%3Fpage%3D2&', LOOKED[1]!),
  filled(AGENT, LOOKED[2]!),
];
const ORDINARY = ordinaryTexts.reduce((sum, text) => sum + workOf(text), 0);

/** Cost of a request filled with a piece, in ordinary requests. */
function ratioOf(piece: string): number {
  return LOOKED.reduce((sum, length) => sum + workOf(filled(piece, length)), 0) / ORDINARY;
}

describe('K10: a crafted request of 16 KB costs at most three times an ordinary one of that size', () => {
  it('if it repeats one piece, or two', () => {
    const expensive: string[] = [];
    const inPairs = ATOMS.flatMap((one) =>
      ATOMS.filter((_, index) => index % 20 === one.length % 20).map((two) => one + two),
    );
    for (const piece of [...ATOMS, ...inPairs, 'into a(key)values%zz00-', 'nvapi-', 'basic+', ' -u==', 'a/']) {
      const ratio = ratioOf(piece);
      if (ratio > MOST) expensive.push(`${JSON.stringify(piece)}: ${ratio.toFixed(1)} times`);
    }
    expect(expensive).toEqual([]);
  });

  it('if it repeats several pieces', () => {
    const pieces = fc.array(fc.constantFrom(...ATOMS), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(pieces, (piece) => {
        expect(ratioOf(piece.join(''))).toBeLessThanOrEqual(MOST);
      }),
    );
  });

  it('if its names were never seen before', () => {
    const text = Array.from({ length: 400 }, (_, index) => `monkey${index}=`).join('');
    for (const piece of [text, text.replaceAll('=', ' is '), text.replaceAll('=', '": "')])
      expect(workOf(piece.slice(0, 3072), new NameRule({})) / workOf(ordinaryTexts[1]!)).toBeLessThanOrEqual(MOST);
  });
});

it('K10: if no work is left, the rest is replaced, and never stored unexamined', () => {
  const text = `${'key '.repeat(500)} password=s3cret`;
  expect(redactText(text)).toMatch(/^(?:key ?)+ ?REDACTED$/);
  for (const atom of ATOMS) {
    for (const secret of ['password=C4N4RY', 'Bearer C4N4RY', '%22token%22%3A%22C4N4RY%22', 'https://u:C4N4RY@h'])
      expect(redactText(`${filled(atom, 2900)} \n ${secret}`), atom).not.toContain('C4N4RY');
  }
});

describe('K10: a long ordinary text is unchanged', () => {
  const columns = Array.from(
    { length: 20 },
    (_, index) => `t${index}.session_id, t${index}.created_at, t${index}.primary_key`,
  );
  const lines = Array.from(
    { length: 20 },
    (_, index) =>
      `    at async SessionStore.refresh${index} (/srv/app/node_modules/@scope/auth/dist/token-store.js:${index}:17)`,
  );
  const items = Array.from({ length: 60 }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: ['a', 'b'],
    price: 12.5,
    at: '2024-11-30',
  }));
  it.each([
    [
      'SQL',
      `select ${columns.join(', ')} from orders t0 where t0.id = $1 and t0.name like '%shoe%' order by t0.id`.repeat(2),
    ],
    ['JSON', JSON.stringify({ items })],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ items: items.slice(0, 20) }) })],
    ['a stack', `TypeError: x is not a function\n${lines.join('\n')}`],
    ['a query', Array.from({ length: 100 }, (_, index) => `filter%5B${index}%5D=red+shoes%20${index}`).join('&')],
    ['a user agent', filled(AGENT, 2048)],
    ['a text in Cyrillic', filled('Съешь же ещё этих мягких французских булок, да выпей чаю: ', 2048)],
  ])('%s', (_what, text) => {
    expect(redactText(text)).toBe(text);
  });
});

it('K10: a limited number of names is judged in one request; further ones that may be secret count as secret', () => {
  const redactor = createRedactor({}, () => {});
  const query = Array.from({ length: 100 }, (_, index) => `monkey${index}=1`).join('&');
  expect(redactQuery(query, redactor)).toMatch(/^monkey0=1&.*&monkey31=1&monkey32=REDACTED&.*&REDACTED$/);
  const harmless = Array.from({ length: 100 }, (_, index) => `page${index}=1`).join('&');
  expect(redactQuery(harmless, redactor)).toBe(harmless);
});

it('K10: the rest of a text with too many secrets is replaced', () => {
  const redactor = createRedactor({}, () => {});
  const text = redactor.text('token=s3cret;'.repeat(100));
  expect(text).not.toContain('s3cret');
  expect(text).toBe('token=REDACTED;'.repeat(32).slice(0, -1));
});
