import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../recorder.fixture.js';
import { findFrameworkClasses, isFrameworkModule, loadedPackage } from './framework-modules.js';

/** A folder with an application and its packages. */
const folder = mkdtempSync(join(tmpdir(), 'ferret-nest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const main = join(folder, 'main.js');

function write(path: string, text: string) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Writes a package. `type` is that of its files, by Node's words. */
function install(name: string, type: 'module' | 'commonjs' | undefined, text: string) {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, type, main: 'index.js', exports: './index.js' }));
  write(`node_modules/${name}/index.js`, text);
}

/** Loads a package as the application does. */
const load = (name: string): Record<string, unknown> => createRequire(main)(name);

beforeEach(() => {
  const [, before] = process.argv;
  process.argv[1] = main;
  cleanUp.push(() => {
    process.argv[1] = before as string;
  });
});

describe('loadedPackage', () => {
  it('is what a CommonJS package exports once the application has loaded it', () => {
    install('later', undefined, 'exports.Later = class Later {};');
    expect(loadedPackage('later')).toBeUndefined();
    const exports = load('later');
    expect(loadedPackage('later')).toBe(exports);
  });

  it('loads ES modules, which are asked for only if the application has them', () => {
    install('@scope/modern', 'module', 'export class Modern {}');
    expect(Object.keys(loadedPackage('@scope/modern') as object)).toEqual(['Modern']);
  });

  it('is nothing for packages that are missing, broken, or export nothing under this name', () => {
    install('no-json', 'commonjs', '');
    write('node_modules/broken/package.json', '{ "type": ');
    write('node_modules/broken/index.js', '');
    install('throws', 'module', 'throw new Error("at load");');
    install('closed', 'module', '');
    for (const name of ['absent', 'no-json', 'broken', 'throws', 'closed/inner.js', '', '\0']) {
      expect(loadedPackage(name)).toBeUndefined();
    }
  });

  it('is nothing for files outside of packages, unless they are loaded', () => {
    write('own.js', 'exports.Own = 1;');
    expect(loadedPackage('./own.js')).toBeUndefined();
    expect(load('./own.js')).toBe(loadedPackage('./own.js'));
  });

  it('looks from the working directory where no script runs', () => {
    process.argv.length = 1;
    expect(loadedPackage('absent-from-here')).toBeUndefined();
    const rxjs: unknown = createRequire(import.meta.url)('rxjs');
    expect(loadedPackage('rxjs')).toBe(rxjs);
  });
});

describe('framework modules', () => {
  it('are those that packages of Nest export, and not others of the same name', () => {
    install('@nestjs/config', 'module', 'export class ConfigModule {}\nexport class ConfigService {}');
    install('@nestjs/jwt', 'commonjs', 'exports.JwtModule = class JwtModule {};');
    const { ConfigModule, ConfigService } = loadedPackage('@nestjs/config') as Record<string, new () => object>;
    const { JwtModule } = load('@nestjs/jwt');
    const Own = class ConfigModule {};
    expect(isFrameworkModule(ConfigModule)).toBe(false);
    findFrameworkClasses([{ metatype: ConfigModule }, { metatype: JwtModule }, { metatype: Own }]);
    for (const type of [ConfigModule, ConfigService, JwtModule]) expect(isFrameworkModule(type)).toBe(true);
    expect(isFrameworkModule(Own)).toBe(false);
  });

  it('of Bull and of BullMQ have the same name', () => {
    install('@nestjs/bull', 'module', 'export class BullModule {}');
    install('@nestjs/bullmq', 'module', 'export class BullModule {}');
    const metatype = class BullModule {};
    findFrameworkClasses([{ metatype }]);
    for (const name of ['@nestjs/bull', '@nestjs/bullmq']) {
      expect(isFrameworkModule((loadedPackage(name) as Record<string, unknown>)['BullModule'])).toBe(true);
    }
    expect(isFrameworkModule(metatype)).toBe(false);
  });

  it('are looked up once', () => {
    install('@nestjs/cqrs', 'commonjs', 'exports.CqrsModule = class CqrsModule {};');
    const metatype = class CqrsModule {};
    findFrameworkClasses([{ metatype }]);
    const { CqrsModule } = load('@nestjs/cqrs');
    findFrameworkClasses([{ metatype }]);
    expect(isFrameworkModule(CqrsModule)).toBe(false);
  });

  it('are known by name where packages keep them for themselves', () => {
    expect(isFrameworkModule(class TypeOrmCoreModule {})).toBe(true);
  });

  it('are no modules of the application, nor anything else', () => {
    expect(() => findFrameworkClasses([{}, { metatype: 'ConfigModule' }, { metatype: undefined }])).not.toThrow();
    for (const value of [class AppModule {}, undefined, null, 'TypeOrmCoreModule', { name: 'TypeOrmCoreModule' }]) {
      expect(isFrameworkModule(value)).toBe(false);
    }
    expect(isFrameworkModule(Map)).toBe(true);
  });
});
