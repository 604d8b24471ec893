import type { AttributeValue } from './attributes.js';
import { createNameRule } from './secret-names.js';
import { REDACTED, redactText } from './secret-text.js';

/** What is kept secret, beyond the built-in rules. */
export interface RedactOptions {
  /** Further names whose values are secret, in any case and with any separators: `tax_id` also covers `taxId`. */
  readonly names?: readonly string[];
  /** Names that are never secret by name: `token_count`. */
  readonly allow?: readonly string[];
  /** Use `names` in place of the built-in list. Default false. */
  readonly replaceNames?: boolean;
  /**
   * A last look at every attribute, after the other rules: returns what to store, or `undefined` to leave it out. If it
   * throws, the attribute is left out.
   */
  readonly redactor?: (name: string, value: AttributeValue) => AttributeValue | undefined;
}

/** Keeps secrets out of what is stored. */
export interface Redactor {
  /** Whether a value of this name is secret, whatever it is. */
  isSecretName(name: string): boolean;
  /** The text with the secrets in it replaced. */
  text(value: string): string;
  /** The value to store under a name; `undefined` to leave it out. */
  attribute(name: string, value: AttributeValue): AttributeValue | undefined;
}

/** @param onFault Hears what the application's own redactor throws. */
export function createRedactor(options: RedactOptions, onFault: (error: unknown) => void): Redactor {
  const isSecretName = createNameRule(options);
  const { redactor } = options;

  const byRules = (name: string, value: AttributeValue): AttributeValue => {
    if (isSecretName(name)) return REDACTED;
    if (typeof value === 'string') return redactText(value);
    // Numbers and booleans have no secrets in them.
    return Array.isArray(value) && typeof value[0] === 'string' ? (value as string[]).map(redactText) : value;
  };

  return {
    isSecretName,
    text: redactText,
    attribute(name, value) {
      const redacted = byRules(name, value);
      if (redactor === undefined) return redacted;
      try {
        return redactor(name, redacted);
      } catch (error) {
        onFault(error);
        return undefined;
      }
    },
  };
}
