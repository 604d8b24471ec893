import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as nest from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const imports = [...readme.matchAll(/import (type )?\{([^}]*)\} from '([^']+)'/g)];

it('P12: the README imports only this package and its peers', () => {
  const packages = new Set(imports.map(([, , , name]) => name));
  expect([...packages].sort()).toEqual(['@ferretjs/nest', '@nestjs/common', '@nestjs/core']);
});

it('P12: every name that the README and applications import is exported', () => {
  const values = imports
    .filter(([, type, , name]) => type === undefined && name === '@ferretjs/nest')
    .flatMap(([, , names]) => names?.split(',').map((name) => name.trim()) ?? [])
    .filter((name) => !name.startsWith('type '));
  expect(Object.keys(nest)).toEqual(
    expect.arrayContaining([...values, 'createFerret', 'currentSpan', 'defaultFerret']),
  );
});
