import type { SpanCondition, StoredSpan } from '@ferretjs/core/reader';

/** Conditions that a span must meet, all of them. */
export interface TailFilter {
  readonly where?: readonly SpanCondition[];
  /** A part of the name, whatever its case. */
  readonly name?: string;
  /** In nanoseconds. */
  readonly slowerThan?: number;
  /** Only what did not end well. */
  readonly errors?: boolean;
}

export function matchesFilter(span: StoredSpan, { where = [], name, slowerThan = 0, errors }: TailFilter): boolean {
  return (
    span.durationNanos >= slowerThan &&
    (errors !== true || span.outcome !== 'ok') &&
    (name === undefined || span.name.toLowerCase().includes(name.toLowerCase())) &&
    where.every(({ field, value }) => textOf(fieldOf(span, field)) === value)
  );
}

const ATTRIBUTE = 'attribute:';

function fieldOf(span: StoredSpan, field: SpanCondition['field']): unknown {
  switch (field) {
    case 'name':
    case 'outcome':
    case 'kind':
      return span[field];
    case 'route':
      return span.httpRoute;
    case 'status':
      return span.httpStatusCode;
    case 'method':
      return span.httpMethod;
    case 'error.type':
      return span.errorType;
    default: {
      const key = field.slice(ATTRIBUTE.length);
      return Object.hasOwn(span.attributes, key) ? span.attributes[key] : undefined;
    }
  }
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
