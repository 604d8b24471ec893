import { requireSynchronous } from '../synchronous.js';
import type { AttributeValue } from './attribute-value.js';
import type { RedactOptions } from './redact-options.js';
import { NameBudget, NameRule } from './secrets/secret-names.js';
import { findSecrets, redactText } from './secrets/secret-text.js';
import type { Places } from './secrets/token-finder.js';

/** Finds and replaces secrets in everything that is stored. */
export interface Redactor {
  /** Whether every value of this name is secret. */
  isSecretName(name: string): boolean;
  /**
   * A budget for the names in one text. A limited number of unknown names is judged; further ones that may be secret
   * count as secret.
   */
  names(): NameBudget;
  /** Returns the text with its secrets replaced. */
  text(value: string): string;
  /** Returns the places of the secrets in a text; `undefined` if there are none. */
  find(text: string): Places | undefined;
  /**
   * Applies the application's redactor to an attribute that has passed the rules. Returns `undefined` to leave it out.
   * The result may be any value. Unless it is the same string, number or boolean, the caller must apply the rules
   * again.
   */
  attribute(name: string, value: AttributeValue): unknown;
}

/**
 * Creates a redactor from the built-in rules and the options.
 *
 * @param onFault receives the errors of the application's redactor
 */
export function createRedactor(options: RedactOptions, onFault: (error: unknown) => void): Redactor {
  const names = new NameRule(options);
  const { redactor } = options;

  return {
    isSecretName: (name) => names.isSecret(name),
    names: () => new NameBudget(names),
    text: (value) => redactText(value, names),
    find: (text) => findSecrets(text, names),
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
