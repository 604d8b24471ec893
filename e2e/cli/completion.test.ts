import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN } from '../ferret.js';
import { temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();
writeFileSync(join(directory, 'my file.db'), '');
writeFileSync(join(directory, 'ferret.db'), '');

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

function scriptFor(shell: string): string {
  const path = join(directory, `completion.${shell}`);
  writeFileSync(path, spawnSync(process.execPath, [BIN, 'completion', shell], { encoding: 'utf8' }).stdout);
  return path;
}

function run(shell: string, text: string): string {
  const { stdout, stderr } = spawnSync(shell, ['-c', text], { cwd: directory, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

const CASES: readonly (readonly [typed: readonly string[], expected: readonly string[]])[] = [
  [['di'], ['diff']],
  [['an'], ['analyze']],
  [['export', '--format', 'sp'], ['speedscope']],
  [
    ['export', '--format', 'csv', '--fo'],
    ['--force', '--format'],
  ],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
  [['analyze', 'fer'], ['ferret.db']],
  [['analyze', 'my'], ['my file.db']],
  [['export', '-o', 'fer'], ['ferret.db']],
  [['diff', 'a', 'b', '--fail-on', ''], []],
];

describe.runIf(has('bash'))('bash', () => {
  it.each(CASES)('completes %j', (typed, expected) => {
    const words = ['ferret', ...typed].map((word) => `'${word}'`).join(' ');
    const out = run(
      'bash',
      `source '${scriptFor('bash')}'; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; ` +
        `_ferret; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
    // Words of one prefix: bash itself leaves out the rest.
    expect(
      out
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(expected);
  });

  it('is registered', () => {
    expect(run('bash', `source '${scriptFor('bash')}'; complete -p ferret`)).toContain('-F _ferret ferret');
  });
});

describe.runIf(has('zsh'))('zsh', () => {
  it('takes the script', () => {
    const out = run('zsh', `autoload -U compinit; compinit -D -u; source '${scriptFor('zsh')}'; echo $_comps[ferret]`);
    expect(out.trim()).toBe('_ferret');
  });
});

describe.runIf(has('fish'))('fish', () => {
  it.each(CASES.filter(([typed]) => typed.at(-1) !== 'my'))('completes %j', (typed, expected) => {
    const line = ['ferret', ...typed].join(' ');
    const out = run('fish', `source '${scriptFor('fish')}'; complete -C '${line}'`);
    const words = out.split('\n').flatMap((each) => (each === '' ? [] : [each.split('\t')[0]]));
    expect(words).toEqual(expect.arrayContaining([...expected]));
  });
});
