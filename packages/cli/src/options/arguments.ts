import { Argument, InvalidArgumentError } from 'commander';

/** The file that a command reads. */
export function fileArgument(): Argument {
  return new Argument('[file]', 'the file that Ferret wrote').default('ferret.db');
}

/** Takes the path of a file to write. */
export function outputPath(text: string): string {
  if (text === '' || text.includes('\0')) {
    throw new InvalidArgumentError('It must be the path of a file.');
  }
  return text;
}

/** Takes the id of a trace, or the beginning of one. */
export function traceIdPrefix(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) {
    throw new InvalidArgumentError('It must be a trace id of 32 hex digits, or the first of them.');
  }
  return text.toLowerCase();
}

/** The values of `--run`, in words. */
export const RUN_FORMS = 'a run by its id or the beginning of it ("ferret runs" lists them), or "all"';
