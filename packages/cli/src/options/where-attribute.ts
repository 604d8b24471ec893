import { InvalidArgumentError } from 'commander';

/** A field or attribute of a span, and the text it must have. */
export interface AttributeMatch {
  readonly key: string;
  readonly value: string;
}

/** Reads `key=value`, and collects it with those before. */
export function whereAttribute(text: string, before: readonly AttributeMatch[] = []): AttributeMatch[] {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('It must be an attribute and its value: http.route=/users/:id.');
  }
  return [...before, { key: text.slice(0, at), value: text.slice(at + 1) }];
}
