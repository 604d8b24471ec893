import { InvalidArgumentError } from 'commander';

/** Takes the path of a file to write. */
export function outputPath(text: string): string {
  if (text === '' || text.includes('\0')) {
    throw new InvalidArgumentError('It must be the path of a file.');
  }
  return text;
}
