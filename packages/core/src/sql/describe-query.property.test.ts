import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeQuery } from './describe-query.js';
import { DIALECTS, type SqlSystem } from './dialect.js';

const systems = Object.keys(DIALECTS) as SqlSystem[];
const anySystem = fc.constantFrom(...systems);
const CANARY = 'cAnArY';

/** Texts of SQL's own pieces, so that quotes, comments and brackets come in every order. */
const pieces = fc.constantFrom(
  ...'SELECT INSERT INTO UPDATE DELETE FROM WITH AS VALUES IN WHERE SET JOIN UNION CREATE TABLE users "a b" `c` [d] 1 ?'.split(
    ' ',
  ),
  ...[
    '(',
    ')',
    ',',
    ';',
    '.',
    "'",
    '"',
    '`',
    '[',
    ']',
    '$$',
    '$a$',
    '$1',
    '--',
    '/*',
    '*/',
    '#',
    '\\',
    '\n',
    '::',
    '@',
    '{',
    '\0',
    '😀',
    '\ud800',
  ],
);
const anySql = fc
  .array(pieces, { maxLength: 60 })
  .chain((list) => fc.constantFrom('', ' ').map((gap) => list.join(gap)));

it('accepts every text', () => {
  fc.assert(
    fc.property(fc.oneof(anySql, fc.string({ unit: 'binary' })), anySystem, (query, system) => {
      const { summary, text } = describeQuery(query, system);
      expect(summary.length).toBeLessThanOrEqual(255);
      expect(text.length).toBeLessThanOrEqual(1_003);
    }),
  );
});

/** A literal that holds the canary, as each database accepts it, whatever else is in there. */
const content = fc.string({ maxLength: 10 }).map((text) => text.replaceAll('\\', ''));
const literalOf: Record<SqlSystem, fc.Arbitrary<string>> = {
  postgresql: literals(
    (a, b) => `'${double(a)}${CANARY}${double(b)}'`,
    (a, b) => `E'${double(a)}\\'${CANARY}\\\\${double(b)}'`,
    (a, b) => `$q1$${a.replaceAll('$', '')}${CANARY}${b.replaceAll('$', '')}$q1$`,
    (a, b) => `/* ${uncommented(a)} /* ${CANARY} */ ${uncommented(b)} */ 1`,
    (a) => `-- ${a.replaceAll(/[\n\r]/g, '')} ${CANARY}\n1`,
  ),
  mysql: mysqlLiterals(),
  mariadb: mysqlLiterals(),
  'microsoft.sql_server': literals((a, b) => `N'${double(a)}${CANARY}${double(b)}'`),
  sqlite: literals(
    (a, b) => `'${double(a)}${CANARY}${double(b)}'`,
    () => `0x${CANARY}`,
  ),
  other_sql: literals((a, b) => `"${a.replaceAll('"', '""')}${CANARY}${b.replaceAll('"', '""')}"`),
};

it('lets no literal and no comment through', () => {
  fc.assert(
    fc.property(
      anySystem.chain((system) =>
        fc.tuple(fc.constant(system), fc.array(literalOf[system], { minLength: 1, maxLength: 5 })),
      ),
      fc.constantFrom(' = ', ', ', ' IN (', ' VALUES (', ' FROM ', ' INTO ', ' UPDATE ', ' CALL ', ' AS ', ';', ' '),
      ([system, literals], between) => {
        const query = `SELECT * FROM users WHERE a = ${literals.join(between)}`;
        expect(JSON.stringify({ ...describeQuery(query, system), hash: 0 })).not.toContain(CANARY);
      },
    ),
  );
});

it('takes time linear in a bounded part of the text', () => {
  const hostile = [
    "'",
    '(',
    '$a$',
    '/*',
    '[',
    'WITH a AS (',
    'IN (1,',
    'VALUES (1),(',
    "'\\'",
    '--',
    'a.',
    '"',
    'SELECT ',
    '\\',
  ];
  for (const piece of hostile) {
    const query = piece.repeat(10_000_000 / piece.length);
    for (const system of systems) {
      // Some thousand characters are looked at; a text of 10 MB takes no longer than one of 20 kB.
      expect(describeQuery(query, system)).toEqual({
        ...describeQuery(query.slice(0, 20_000), system),
        hash: expect.any(Number),
      });
    }
  }
});

function literals(...kinds: ((before: string, after: string) => string)[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...kinds), content, content).map(([kind, before, after]) => kind(before, after));
}

function mysqlLiterals(): fc.Arbitrary<string> {
  return literals(
    (a, b) => `'${double(a)}\\'${CANARY}${double(b)}'`,
    (a, b) => `"${a.replaceAll('"', '')}${CANARY}''\\"${b.replaceAll('"', '')}"`,
    (a) => `# ${a.replaceAll(/[\n\r]/g, '')}${CANARY}\n1`,
    (a) => `/*! ${uncommented(a)} ${CANARY} */ 1`,
    () => `_utf8mb4'${CANARY}'`,
  );
}

function double(text: string): string {
  return text.replaceAll("'", "''");
}

function uncommented(text: string): string {
  return text.replaceAll(/[*/]/g, '');
}
