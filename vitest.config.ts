import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

/** Unit tests: beside their sources, and run against them, so that they need no build. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@ferretjs\/core\/(\w+)$/, replacement: `${source('core/src')}/$1.ts` },
      { find: /^@ferretjs\/(core|express|koa|nest)$/, replacement: `${source('')}$1/src/index.ts` },
    ],
  },
  // As packages/nest/tsconfig.json has it for its sources: Nest's decorators are TypeScript's own.
  oxc: { decorator: { legacy: true } },
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      // The last is three lines that only a process runs; e2e/cli.test.ts does.
      exclude: ['**/*.test.ts', '**/*.fixture.ts', 'packages/cli/src/ferret.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90, branches: 90, functions: 90, statements: 90 },
    },
  },
});
