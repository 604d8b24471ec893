import type { Command } from 'commander';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { completableCommands, type Shell, toOption } from './model.js';
import { zshScript } from './zsh.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<Shell, unknown>;

/**
 * A script that completes commands, options, choices and files. It is made of the definitions and runs nothing but the
 * shell. A library would ask `ferret` at every press of the key, a tenth of a second each; and the one that is well
 * kept,
 * @bomb.sh/tab, does not complete files (0.0.22), which is what most arguments here are.
 */
export function completionScript(program: Command, shell: Shell): string {
  const options = program.createHelp().visibleOptions(program).map(toOption);
  return SCRIPTS[shell](completableCommands(program), options);
}
