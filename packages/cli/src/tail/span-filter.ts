import type { StoredSpan } from '@ferretjs/core/reader';
import type { AttributeMatch } from '../options/where-attribute.js';

/** Which spans are shown: those that all of these hold for. */
export interface TailFilter {
  /** Attributes, or fields of a span such as `outcome`. */
  readonly where?: readonly AttributeMatch[];
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
    where.every(({ key, value }) => textOf(valueOf(span, key)) === value)
  );
}

const FIELDS: ReadonlySet<string> = new Set([
  'traceId',
  'spanId',
  'parentId',
  'runId',
  'pid',
  'threadId',
  'name',
  'kind',
  'outcome',
] satisfies (keyof StoredSpan)[]);

/** An attribute comes before a field of the same name: the application chose it. */
function valueOf(span: StoredSpan, key: string): unknown {
  if (Object.hasOwn(span.attributes, key)) return span.attributes[key];
  return FIELDS.has(key) ? span[key as keyof StoredSpan] : undefined;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
