import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isForeign, markAsForeign } from './foreign-classes.js';

/**
 * Modules of Nest's own packages, by the package that exports them. Since Nest 12 these are ES modules, of which Node
 * does not say whether they are loaded.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  BullModule: '@nestjs/bullmq',
  CacheModule: '@nestjs/cache-manager',
  ClientsModule: '@nestjs/microservices',
  ConfigModule: '@nestjs/config',
  CqrsModule: '@nestjs/cqrs',
  EventEmitterModule: '@nestjs/event-emitter',
  GraphQLModule: '@nestjs/graphql',
  HttpModule: '@nestjs/axios',
  JwtModule: '@nestjs/jwt',
  MongooseModule: '@nestjs/mongoose',
  PassportModule: '@nestjs/passport',
  ScheduleModule: '@nestjs/schedule',
  SequelizeModule: '@nestjs/sequelize',
  ServeStaticModule: '@nestjs/serve-static',
  TerminusModule: '@nestjs/terminus',
  ThrottlerModule: '@nestjs/throttler',
  TypeOrmModule: '@nestjs/typeorm',
};

/** Modules that these packages do not export. Their names are not those that an application gives. */
const INTERNAL = new Set([
  ...['BullRegistrar', 'ConfigHostModule', 'GraphQLSchemaBuilderModule', 'InternalCoreModule', 'FerretModule'],
  ...['MongooseCoreModule', 'SequelizeCoreModule', 'TypeOrmCoreModule'],
]);

/** Packages that have been looked at. */
const seen = new Set<string>();

/** Whether a module is one of a package: of Nest's own, or any that is loaded as CommonJS. */
export function isFrameworkModule(metatype: unknown): boolean {
  return typeof metatype === 'function' && (isForeign(metatype) || INTERNAL.has(metatype.name));
}

/** Looks up what the packages export that an application's modules seem to come from. */
export function findFrameworkClasses(modules: readonly { readonly metatype?: unknown }[]): void {
  const names = modules.map(({ metatype }) => (typeof metatype === 'function' ? metatype.name : ''));
  const packages = new Set(names.flatMap((name) => PACKAGES[name] ?? []));
  if (names.includes('BullModule')) packages.add('@nestjs/bull');
  for (const name of packages) {
    if (seen.has(name)) continue;
    seen.add(name);
    markAsForeign(loadedPackage(name));
  }
}

/**
 * Returns what a package, or a file of one, exports to the application, if that has loaded it. Of ES modules Node does
 * not say that, so ask only for what the application must have loaded. They are required from a place inside
 * `node_modules`, because Node warns of ES modules that applications require.
 */
export function loadedPackage(name: string): unknown {
  try {
    const ofApplication = createRequire(process.argv[1] ?? `${process.cwd()}/index.js`);
    const file = ofApplication.resolve(name);
    const ofPackage = createRequire(file);
    // An application in one file, made by a bundler, has classes of its own.
    return isEsModule(file) || ofPackage.cache[file] !== undefined ? ofPackage(file) : undefined;
  } catch {
    return undefined; // It is not there under this name.
  }
}

function isEsModule(file: string): boolean {
  const [folder] = /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file) ?? [];
  if (folder === undefined) return false;
  const { type } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { readonly type?: unknown };
  return type === 'module';
}
