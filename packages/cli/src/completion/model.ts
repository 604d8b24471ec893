import type { Command, Option } from 'commander';

/** A command as a shell completes it, read off the command's definition. */
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

/** The shells that `ferret completion` writes a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** A word for bash and zsh, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
