import { requireSynchronous } from '../synchronous.js';
import type { AttributeValue } from './attribute-recorder.js';
import { createNameRule } from './secret-names.js';
import { mayHoldSecret, redactAssignments, redactText } from './secret-text.js';

/** What is kept secret, beyond the built-in rules. */
export interface RedactOptions {
  /** Further names whose values are secret, in any case and with any separators: `tax_id` also covers `taxId`. */
  readonly names?: readonly string[];
  /** Names that are never secret by name: `token_count`. */
  readonly allow?: readonly string[];
  /** Use `names` in place of the built-in list. Default false. */
  readonly replaceNames?: boolean;
  /**
   * A last look at every attribute, after the other rules: returns what to store, or `undefined` to leave it out. What it
   * returns goes through the other rules again. If it throws, or returns a promise, the attribute is left out.
   */
  readonly redactor?: (name: string, value: AttributeValue) => AttributeValue | undefined;
}

/** Keeps secrets out of what is stored. */
export interface Redactor {
  /** Whether a value of this name is secret, whatever it is. */
  isSecretName(name: string): boolean;
  /** The text with the secrets in it replaced. */
  text(value: string): string;
  /**
   * What the application's own redactor makes of an attribute that has been through the rules; `undefined` to leave it
   * out. It may be anything: unless it is the same string, number or boolean, it has to go through the rules again.
   */
  attribute(name: string, value: AttributeValue): unknown;
}

/** @param onFault Hears what the application's own redactor throws. */
export function createRedactor(options: RedactOptions, onFault: (error: unknown) => void): Redactor {
  const isSecretName = createNameRule(options);
  const { redactor } = options;

  return {
    isSecretName,
    text: (value) => (mayHoldSecret(value) ? redactAssignments(redactText(value), isSecretName) : value),
    attribute(name, value) {
      if (redactor === undefined) return value;
      try {
        return requireSynchronous('A redactor', redactor(name, value));
      } catch (error) {
        onFault(error);
        return undefined;
      }
    },
  };
}
