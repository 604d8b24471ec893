import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

describe('A28: the peer range', () => {
  const { peerDependencies, peerDependenciesMeta, dependencies } = read('../package.json');

  it('A28: begins with the versions that are tested', () => {
    const oldest4 = read('../../../versions/express-4.17/package.json').dependencies.express;
    const oldest5 = read('../../../versions/express-5.0/package.json').dependencies.express;
    expect(peerDependencies.express).toBe(`^${oldest4} || ^${oldest5}`);
  });

  it('A28: does not require Express or its types to be installed', () => {
    expect(dependencies).not.toHaveProperty('express');
    expect(peerDependenciesMeta).toEqual({ '@types/express': { optional: true }, express: { optional: true } });
  });
});
