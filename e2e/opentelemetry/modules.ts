import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** OpenTelemetry's API 1.9 and what goes with it, as the end-to-end tests have them. */
export const api19 = path('../package.json');

/** SDK 3 and API 1.10, for which Node must be new enough. */
export const api110 = path('../../versions/opentelemetry-3/package.json');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
export const hasApi110 = major > 22 || (major === 22 && minor >= 15);

/** An application whose `@ferretjs/opentelemetry` finds API 1.10 beside it: that package is a copy, so that it does. */
export function applicationWithApi110(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferret-opentelemetry-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@ferretjs/opentelemetry'), { recursive: true });
  symlinkSync(path('../../versions/opentelemetry-3/node_modules/@opentelemetry'), join(modules, '@opentelemetry'));
  symlinkSync(path('../../packages/core'), join(modules, '@ferretjs/core'));
  for (const part of ['dist', 'package.json'])
    cpSync(path(`../../packages/opentelemetry/${part}`), join(modules, '@ferretjs/opentelemetry', part), {
      recursive: true,
    });
  writeFileSync(join(folder, 'package.json'), '{}');
  return join(folder, 'package.json');
}
