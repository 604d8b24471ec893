import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

/** The tests of `packages/nest`, with a Nest of `versions/`. */
const withNest = (version: string, tests: string) => ({
  extends: true as const,
  resolve: {
    alias: [
      {
        find: /^@nestjs\/(.+)$/,
        replacement: `${fileURLToPath(new URL(`versions/${version}/node_modules`, import.meta.url))}/@nestjs/$1`,
      },
    ],
  },
  test: { name: version, include: [`packages/nest/src/${tests}.test.ts`] },
});

/**
 * Unit tests: beside their sources, and run against them, so that they need no build. Those of Nest's with Nest 11 too,
 * and with the lowest versions that its range allows.
 */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@ferretjs\/core\/http$/, replacement: source('core/src/adapter.ts') },
      { find: /^@ferretjs\/core\/(\w+)$/, replacement: `${source('core/src')}/$1.ts` },
      { find: /^@ferretjs\/queries\/(\w+)$/, replacement: `${source('queries/src')}/$1.ts` },
      { find: /^@ferretjs\/(express|koa)\/routes$/, replacement: `${source('')}$1/src/routes.ts` },
      { find: /^@ferretjs\/nest\/container$/, replacement: source('nest/src/container.ts') },
      {
        find: /^@ferretjs\/(core|express|koa|nest|auto|opentelemetry|queries)$/,
        replacement: `${source('')}$1/src/index.ts`,
      },
    ],
  },
  // As packages/nest/tsconfig.json has it for its sources: Nest's decorators are TypeScript's own.
  oxc: { decorator: { legacy: true } },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'] } },
      withNest('nest-11', '*'),
      // What `nest.test.ts` expects of Nest's own answers is newer.
      withNest('nest-11-0', '!(nest)'),
      withNest('nest-12-0', '!(nest)'),
    ],
    // Properties are tested with many inputs, of 100,000 each for some minutes (npm run test:soak), and machines are
    // shared.
    testTimeout: process.env['FERRET_SOAK'] ? 3_600_000 : 60_000,
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
