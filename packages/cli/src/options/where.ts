import type { SpanCondition, StoredSpan } from '@ferretjs/core/reader';
import { InvalidArgumentError } from 'commander';
import { toField } from './span-field.js';

const OUTCOMES: readonly string[] = ['ok', 'error', 'aborted', 'interrupted'] satisfies StoredSpan['outcome'][];
const KINDS: readonly string[] = [
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] satisfies StoredSpan['kind'][];

/** What the help says of `--where`. */
export const WHERE_FORMS =
  'name, route, status, outcome, method, kind, error.type or any attribute, such as status=500 or user.plan=pro; may be repeated';

/** Takes one more `--where key=value`. What is no field of a span is the key of an attribute. */
export function where(text: string, earlier: readonly SpanCondition[] = []): SpanCondition[] {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('It must be key=value, such as route=/users/:id, status=500 or user.plan=pro.');
  }
  const key = text.slice(0, at);
  const value = text.slice(at + 1);
  const field = toField(key) ?? `attribute:${key}`;
  const problem = problemOf(field, value);
  if (problem !== undefined) {
    throw new InvalidArgumentError(problem);
  }
  return [...earlier, { field, value }];
}

function problemOf(field: SpanCondition['field'], value: string): string | undefined {
  if (field === 'outcome' && !OUTCOMES.includes(value)) {
    return `An outcome is ${OUTCOMES.join(', ')}.`;
  }
  if (field === 'kind' && !KINDS.includes(value)) {
    return `A kind is ${KINDS.join(', ')}.`;
  }
  if (field === 'status' && !/^[1-9]\d\d$/.test(value)) {
    return 'A status has three digits, such as 404.';
  }
  return undefined;
}
