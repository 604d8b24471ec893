import type { SpanField } from '@ferretjs/core/reader';
import { InvalidArgumentError } from 'commander';

/** The fields of a span by their names. Here too, as to ask the reader for them would load it with every command. */
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
      `It must be ${FIELD_NAMES.join(', ')}, or ${ATTRIBUTE} and the key of an attribute, such as ${ATTRIBUTE}db.system.name.`,
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
