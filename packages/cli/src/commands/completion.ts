import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from '../completion/model.js';
import { examples } from '../options/help.js';
import type { Terminal } from '../terminal.js';

export function declareCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('completion of commands and options for your shell')
    .description('Prints a script that lets your shell complete the commands, options and files of ferret.')
    .addArgument(new Argument('<shell>', 'the shell you use').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'ferret completion bash > ~/.local/share/bash-completion/completions/ferret',
        'ferret completion zsh > ~/.zfunc/_ferret',
        'ferret completion fish > ~/.config/fish/completions/ferret.fish',
      ),
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import('../completion/script.js');
      terminal.print(completionScript(program, shell).trimEnd());
    });
}
