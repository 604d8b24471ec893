import type { SpanCondition, SpanField, StoredSpan } from '@ferretjs/core/reader';
import { InvalidArgumentError } from 'commander';

/**
 * The fields of a span by their names, listed here as well: to import them from the reader would load it at each start.
 */
export const FIELD_NAMES = [
  'name',
  'route',
  'status',
  'outcome',
  'method',
  'kind',
  'error.type',
] as const satisfies readonly SpanField[];

const ATTRIBUTE = 'attribute:';

/** Takes what spans are grouped by: a field, or `attribute:` and the key of an attribute. */
export function groupingField(text: string): SpanField {
  const field = toField(text);
  if (field === undefined) {
    throw new InvalidArgumentError(
      `It must be ${FIELD_NAMES.join(', ')}, or ${ATTRIBUTE} and the key of an attribute` +
        `${text === '' ? '' : `: ${ATTRIBUTE}${text} groups by the attribute "${text}"`}.`,
    );
  }
  return field;
}

/** The field of this name; `undefined` for what is none. */
export function toField(text: string): SpanField | undefined {
  if (text.startsWith(ATTRIBUTE) && text.length > ATTRIBUTE.length) {
    return `${ATTRIBUTE}${text.slice(ATTRIBUTE.length)}`;
  }
  return FIELD_NAMES.find((name) => name === text);
}

const OUTCOMES: readonly string[] = ['ok', 'error', 'aborted', 'interrupted'] satisfies StoredSpan['outcome'][];
const KINDS: readonly string[] = [
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] satisfies StoredSpan['kind'][];

/** The values of `--where`, in words for the help. */
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
