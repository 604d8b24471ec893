import { defineConfig } from 'vitest/config';

/** End-to-end tests: against what `npm run build` made, under the Node that runs them. */
export default defineConfig({
  // Nest's decorators are TypeScript's own, of before the standard.
  oxc: { decorator: { legacy: true } },
  test: {
    // Nothing is sampled away, in the tests' processes and those they start, unless a test says otherwise.
    env: { FERRET_MAX_SPANS_PER_SECOND: 'Infinity' },
    include: ['**/*.test.ts'],
    // Real processes on a machine of two cores: a file at a time, with time to spare.
    fileParallelism: false,
    testTimeout: process.env['FERRET_SOAK'] ? 1_200_000 : 120_000,
  },
});
