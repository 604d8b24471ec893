import type { AttributeValue } from './attribute-value.js';

/** Changes to the built-in rules that keep secrets out of the file. */
export interface RedactOptions {
  /**
   * Further names whose values are secret, in any case and with any separators: `tax_id` also covers `taxId`. Default
   * none.
   */
  readonly names?: readonly string[];
  /**
   * Names that are not secret, although the list says so: `token_count` also allows `tokenCount`, but not the
   * environment variable `TOKEN_COUNT`. Secrets in their values are still found. Default none.
   */
  readonly allow?: readonly string[];
  /** Whether `names` replaces the built-in list of names. Default false. */
  readonly replaceNames?: boolean;
  /**
   * Reviews every attribute after the other rules. Returns the value to store, or `undefined` to leave the attribute
   * out. The other rules apply again to its result. If it throws or returns a promise, the attribute is left out and
   * `HOOK_FAILED` is reported. Default none.
   */
  readonly redactor?: (name: string, value: AttributeValue) => AttributeValue | undefined;
}
