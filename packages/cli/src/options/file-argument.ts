import { Argument } from 'commander';

/** The file that a command reads. */
export function fileArgument(): Argument {
  return new Argument('[file]', 'the file that Ferret wrote').default('ferret.db');
}
