import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));
const nest11 = fileURLToPath(new URL('versions/nest-11/node_modules', import.meta.url));

/** Unit tests: beside their sources, and run against them, so that they need no build. Those of Nest's with Nest 11 too. */
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
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'] } },
      {
        extends: true,
        resolve: { alias: [{ find: /^@nestjs\/(.+)$/, replacement: `${nest11}/@nestjs/$1` }] },
        test: { name: 'nest-11', include: ['packages/nest/src/*.test.ts'] },
      },
    ],
    // Properties are tested with many inputs, of 100,000 each for some minutes (npm run test:soak), and machines are shared.
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
