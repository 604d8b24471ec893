import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A framework and version, and how the application of `apps/` is started in it. */
export interface Framework {
  readonly name: string;
  readonly isEsm: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const beside11 = fileURLToPath(new URL('../../versions/nest-11/', import.meta.url));

/** A copy of a package under its real name: agents know packages by the folder that they are in. */
function renamed(alias: string, name: string): string {
  const place = fileURLToPath(new URL(`../../.cache/neighbours/${alias}/`, import.meta.url));
  const installed = fileURLToPath(new URL(`../../node_modules/${alias}`, import.meta.url));
  rmSync(place, { recursive: true, force: true });
  cpSync(installed, `${place}node_modules/${name}`, { recursive: true, verbatimSymlinks: true });
  return place;
}

function framework(name: string, isEsm: boolean, environment: Record<string, string>, place = here): Framework {
  return { name, isEsm, environment: { PLACE: place, ...environment } };
}

/** Nest 12 exists as ES modules only; of the others most applications are CommonJS. */
export const FRAMEWORKS: readonly Framework[] = [
  framework('Express 5.3', false, { FRAMEWORK: 'express' }),
  framework('Express 5.3, ES modules', true, { FRAMEWORK: 'express' }),
  framework('Express 4.22', false, { FRAMEWORK: 'express' }, renamed('express-4', 'express')),
  framework('Koa 3.3', false, { FRAMEWORK: 'koa' }),
  framework('Koa 2.16', false, { FRAMEWORK: 'koa' }, renamed('koa-2', 'koa')),
  framework('Nest 12.5 on Express', true, { FRAMEWORK: 'nest', PLATFORM: 'express' }),
  framework('Nest 12.5 on Fastify', true, { FRAMEWORK: 'nest', PLATFORM: 'fastify' }),
  framework('Nest 11.2 on Express', false, { FRAMEWORK: 'nest', PLATFORM: 'express' }, beside11),
  framework('Nest 11.2 on Fastify', false, { FRAMEWORK: 'nest', PLATFORM: 'fastify' }, beside11),
];
