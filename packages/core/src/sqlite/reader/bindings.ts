import type { SqlValue } from '../file/driver.js';

/** The parameters of a statement while it is put together: values never become part of its text. */
export class Bindings {
  readonly values: SqlValue[] = [];

  /** Binds a value, and returns what stands for it in the statement. */
  add(value: SqlValue): string {
    this.values.push(value);
    return `?${this.values.length}`;
  }
}
