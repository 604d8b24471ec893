import { processWide } from '@ferretjs/core/adapter';

/**
 * The libraries that have been instrumented in this process, by any copy of this package: the two builds, CommonJS and
 * ES module, must not see everything twice.
 */
export const instrumented = processWide('auto.libraries', () => new Set<string>());

/** The libraries that `only` and `except` left out. */
export const leftOut = processWide('auto.left-out', () => new Set<string>());
