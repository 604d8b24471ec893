import type { Command, Option } from 'commander';

/** What a shell can complete, read off the definitions of the commands. */
export interface CompletableCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletableOption[];
  /** In order; what is no choice is completed as a file. */
  readonly arguments: readonly { readonly choices: readonly string[] }[];
}

export interface CompletableOption {
  /** `--format`, `-f` */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** Whether its value is a path. */
  readonly isPath: boolean;
}

export function completableCommands(program: Command): CompletableCommand[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: help.visibleOptions(command).map(toOption),
    arguments: command.registeredArguments.map(({ argChoices = [] }) => ({ choices: argChoices })),
  }));
}

export function toOption({
  short,
  long,
  flags,
  description,
  required,
  optional,
  argChoices = [],
}: Option): CompletableOption {
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    takesValue: required || optional,
    choices: argChoices,
    isPath: flags.includes('<path>'),
  };
}
