import { InvalidArgumentError } from 'commander';

/** Takes the whole id of a trace. */
export function traceId(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) {
    throw new InvalidArgumentError('It must be a trace id: 32 hex digits.');
  }
  return text.toLowerCase();
}
