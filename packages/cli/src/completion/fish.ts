import type { CompletableCommand, CompletableOption } from './model.js';

/** A script for fish: to be sourced, or kept as ferret.fish in ~/.config/fish/completions. */
export function fishScript(commands: readonly CompletableCommand[], options: readonly CompletableOption[]): string {
  const lines = [
    '# Completion of ferret for fish: ferret completion fish | source',
    'complete -c ferret -f',
    ...options.map((option) => `complete -c ferret -n __fish_use_subcommand ${toFlags(option)}`),
  ];
  for (const { name, summary, options: own, arguments: args } of commands) {
    const within = `-n ${quotedForFish(`__fish_seen_subcommand_from ${name}`)}`;
    lines.push(`complete -c ferret -n __fish_use_subcommand -a ${name} -d ${quotedForFish(summary)}`);
    lines.push(...own.map((option) => `complete -c ferret ${within} ${toFlags(option)}`));
    const choices = args.flatMap((argument) => argument.choices);
    lines.push(
      choices.length > 0
        ? `complete -c ferret ${within} -a ${quotedForFish(choices.join(' '))}`
        : `complete -c ferret ${within} -F`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function toFlags({ flags, description, takesValue, choices, isPath }: CompletableOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const values = choices.length > 0 ? ` -a ${quotedForFish(choices.join(' '))}` : isPath ? ' -F' : '';
  return `${names.join(' ')}${takesValue ? ` -r${values}` : ''} -d ${quotedForFish(description)}`;
}

/** Within single quotes fish knows two escapes, of the quote and of the backslash. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
