interface KeyValue {
  readonly key: string;
  readonly value: object;
}

/** `KeyValue` of opentelemetry/proto/common/v1/common.proto. */
export function toKeyValues(attributes: Readonly<Record<string, unknown>>): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

/** `AnyValue`, whose integers have 64 bits and so are text in JSON. What has no value of its own is empty. */
export function toAnyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      // Beyond the safe integers digits are made up, and beyond 64 bits there is no integer.
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    case 'object':
      if (Array.isArray(value)) {
        return { arrayValue: { values: value.map(toAnyValue) } };
      }
      return value === null ? {} : { kvlistValue: { values: toKeyValues(value as Record<string, unknown>) } };
    default:
      return {};
  }
}
