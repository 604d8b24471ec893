import { InvalidArgumentError } from 'commander';

/** Takes the whole id of a trace. */
export function traceId(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) {
    throw new InvalidArgumentError('It must be a trace id: 32 hex digits.');
  }
  return text.toLowerCase();
}

/** Takes the id of a trace, or the beginning of one. */
export function traceIdPrefix(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) {
    throw new InvalidArgumentError('It must be a trace id of 32 hex digits, or the first of them.');
  }
  return text.toLowerCase();
}
