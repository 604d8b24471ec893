/** The value of an attribute, in OpenTelemetry's types. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/**
 * Attributes as callers give them. Strings, numbers, booleans and arrays of these are kept. `null` and `undefined` are
 * left out. Anything else becomes text.
 */
export type Attributes = Readonly<Record<string, unknown>>;
