import type { Command } from 'commander';
import { examples, exitCodes } from '../options/help.js';
import type { Terminal } from '../terminal.js';

export function declareRun(program: Command, terminal: Terminal): void {
  program
    .command('run')
    .summary('run a program and record what it does, without code')
    .description(
      'Runs a program whose Node processes record their requests and what is below them, by @ferretjs/auto. ' +
        "Streams, signals and the exit code are the program's.",
    )
    .argument('<command...>', 'the program and its arguments; after -- if there are options among them')
    .passThroughOptions()
    .addHelpText(
      'after',
      exitCodes({
        '0': 'the program ended with 0; any other code of the program is passed on',
        '1': '@ferretjs/auto is not installed',
        '2': 'wrong usage: nothing was done',
        '126': 'the program cannot be started',
        '127': 'there is no such program',
      }),
    )
    .addHelpText('after', examples('ferret run node app.js', 'ferret run -- npm start'))
    .action(async (command: readonly string[]) => {
      const { run } = await import('../run/run.js');
      await run(terminal, command);
    });
}
