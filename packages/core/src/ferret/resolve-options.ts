import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RedactOptions } from '../attributes/redact-options.js';
import type { OnDiagnostic } from '../diagnostics.js';
import { FerretError } from '../errors.js';
import type { HttpOptions, IgnoreRule } from '../http/http-options.js';
import {
  accept,
  booleanRule,
  functionRule,
  ignoreRule,
  integerRule,
  numberRule,
  type OptionRule,
  objectRule,
  oneOfRule,
  textRule,
  wordsRule,
} from '../option-rules.js';
import { type ResolvedSampling, resolveSampling, SAMPLING_RULES } from '../sampling/sampling-options.js';
import type { SpanSink } from '../sink/sink.js';
import type { RetentionLimits } from '../sqlite/retention/span-retention.js';
import { DEFAULTS, type FerretOptions } from './options.js';

/** Options checked, completed, copied and frozen. */
export interface ResolvedOptions extends HttpOptions {
  readonly enabled: boolean;
  readonly database: string;
  readonly service: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly runId: string;
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  readonly flushOnResponse: boolean;
  readonly maxQueueSize: number;
  readonly redact: RedactOptions;
  readonly shutdownHooks: boolean;
  readonly onDiagnostic: OnDiagnostic | undefined;
  readonly maxAttributes: number;
  readonly maxAttributeLength: number;
  readonly synchronous: 'normal' | 'full';
  readonly journal: 'wal' | 'truncate';
  readonly sampling: ResolvedSampling;
  readonly maxSpillBytes: number;
  readonly retention: RetentionLimits;
  readonly sink: SpanSink | undefined;
  readonly spillTo: string | undefined;
  readonly alsoTo: readonly SpanSink[];
}

const MEGABYTE = 1024 * 1024;
const MICROS_OF_DAY = 24 * 60 * 60 * 1_000_000;

/** Rules for each option: all of validation, and of reading the environment. */
const RULES: { readonly [Name in keyof Required<FerretOptions>]: OptionRule } = {
  database: textRule('the path of a file'),
  service: textRule('a name'),
  runId: textRule('a name'),
  batchSize: integerRule(1, 10_000),
  flushIntervalMillis: integerRule(1, 60_000),
  flushOnResponse: booleanRule(),
  maxQueueSize: integerRule(100, 1_000_000),
  ignore: ignoreRule(),
  ...SAMPLING_RULES,
  retention: objectRule({ maxAgeDays: numberRule(0), maxSizeMegabytes: numberRule(0) }),
  redact: objectRule({
    names: wordsRule(),
    allow: wordsRule(),
    replaceNames: booleanRule(),
    redactor: functionRule('(name, value) => value | undefined'),
  }),
  shutdownHooks: booleanRule(),
  enabled: booleanRule(),
  traceContext: oneOfRule('continue', 'restart', 'ignore'),
  recordExceptions: booleanRule(),
  onDiagnostic: functionRule('(diagnostic) => void'),
  headers: objectRule({ request: wordsRule(), response: wordsRule() }),
  clientAddress: booleanRule(),
  maxAttributes: integerRule(1, 1024),
  maxAttributeLength: integerRule(16, 65_536),
  synchronous: oneOfRule('normal', 'full'),
  journal: oneOfRule('wal', 'truncate'),
  maxSpillMegabytes: integerRule(0, 1_000_000),
  sink: { accepts: 'an object with write(batch) and close()', test: isSink },
  spillTo: textRule('the path that spill files are named after'),
  alsoTo: {
    accepts: 'a list of objects with write(batch) and close(), each of them once',
    test: (value) => Array.isArray(value) && value.every(isSink) && new Set(value).size === value.length,
  },
};

/**
 * Checks the options, completes them from the environment and the defaults, and freezes the result.
 *
 * @throws FerretError `INVALID_OPTION`, naming the option, what it got and what it accepts.
 */
export function resolveOptions(options: FerretOptions = {}, environment = process.env): ResolvedOptions {
  const given = accept(options, RULES, environment);
  const resource = readResource(environment['OTEL_RESOURCE_ATTRIBUTES']);
  const service = given.service ?? environment['OTEL_SERVICE_NAME'] ?? resource['service.name'] ?? DEFAULTS.service;
  const ignore = given.ignore ?? DEFAULTS.ignore;
  return Object.freeze({
    enabled: given.enabled ?? DEFAULTS.enabled,
    database: resolveDatabase(given.database ?? DEFAULTS.database),
    service,
    resource: Object.freeze({ ...resource, 'service.name': service }),
    runId: given.runId ?? randomUUID(),
    batchSize: given.batchSize ?? DEFAULTS.batchSize,
    flushIntervalMillis: given.flushIntervalMillis ?? DEFAULTS.flushIntervalMillis,
    flushOnResponse: given.flushOnResponse ?? DEFAULTS.flushOnResponse,
    maxQueueSize: given.maxQueueSize ?? DEFAULTS.maxQueueSize,
    ignore: Object.freeze(Array.isArray(ignore) ? [...ignore] : [ignore]) as readonly IgnoreRule[],
    redact: Object.freeze({ ...(given.redact ?? DEFAULTS.redact) }),
    shutdownHooks: given.shutdownHooks ?? DEFAULTS.shutdownHooks,
    traceContext: given.traceContext ?? DEFAULTS.traceContext,
    recordExceptions: given.recordExceptions ?? DEFAULTS.recordExceptions,
    onDiagnostic: given.onDiagnostic,
    requestHeaders: lowerCase(given.headers?.request),
    responseHeaders: lowerCase(given.headers?.response),
    clientAddress: given.clientAddress ?? DEFAULTS.clientAddress,
    maxAttributes: given.maxAttributes ?? DEFAULTS.maxAttributes,
    maxAttributeLength: given.maxAttributeLength ?? DEFAULTS.maxAttributeLength,
    synchronous: given.synchronous ?? DEFAULTS.synchronous,
    journal: given.journal ?? DEFAULTS.journal,
    sampling: resolveSampling(given),
    maxSpillBytes: (given.maxSpillMegabytes ?? DEFAULTS.maxSpillMegabytes) * MEGABYTE,
    retention: Object.freeze({
      maxAgeMicros: (given.retention?.maxAgeDays ?? DEFAULTS.retention.maxAgeDays) * MICROS_OF_DAY,
      maxBytes: (given.retention?.maxSizeMegabytes ?? DEFAULTS.retention.maxSizeMegabytes) * MEGABYTE,
    }),
    sink: given.sink,
    spillTo: given.spillTo === undefined ? undefined : resolve(given.spillTo),
    alsoTo: resolveAlsoTo(given.alsoTo ?? DEFAULTS.alsoTo, given.sink),
  });
}

/** The options that were given, in the code or the environment. */
export interface GivenOptions {
  /** The sink, if there is one, and those of `alsoTo`. */
  readonly sinks: readonly (SpanSink | undefined)[];
  /** All other options: copies of those that the caller could change later. */
  readonly others: unknown;
}

/**
 * Returns what two calls must have in common to get the same Ferret. Sinks are compared by identity, all else by value.
 */
export function givenOptions(options: FerretOptions = {}, environment = process.env): GivenOptions {
  const { sink, alsoTo = [], database, spillTo, ...others } = accept(options, RULES, environment);
  const openTelemetry = [environment['OTEL_SERVICE_NAME'], environment['OTEL_RESOURCE_ATTRIBUTES']];
  const paths = { database: resolve(database ?? DEFAULTS.database), spillTo: spillTo && resolve(spillTo) };
  return { sinks: [sink, ...alsoTo], others: copyOf({ ...others, ...paths, openTelemetry }) };
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}

function lowerCase(names: readonly string[] = []): readonly string[] {
  return Object.freeze(names.map((name) => name.toLowerCase()));
}

/** Gets every sink once: a sink has one writer, which calls one method at a time. */
function resolveAlsoTo(alsoTo: readonly SpanSink[], sink: SpanSink | undefined): readonly SpanSink[] {
  if (sink !== undefined && alsoTo.includes(sink)) {
    throw new FerretError(
      'INVALID_OPTION',
      'The option alsoTo has the object in it that is the option sink, too. Give each sink once.',
    );
  }
  return Object.freeze([...alsoTo]);
}

/** Makes the path absolute, so that a later `process.chdir` does not move the file. */
function resolveDatabase(database: string): string {
  if (database === ':memory:' || database.startsWith('file:')) {
    throw new FerretError(
      'INVALID_OPTION',
      `The option database is ${JSON.stringify(database)}, which means something to SQLite only. Give it the path of ` +
        'a file; for tests there is the option sink, with MemorySink of @ferretjs/core/testing, or enabled: false.',
    );
  }
  const file = resolve(database);
  if (isDirectory(file)) {
    throw new FerretError(
      'INVALID_OPTION',
      `The option database is ${file}, which is a directory. Give it the path of a file.`,
    );
  }
  return file;
}

/** `false` where that cannot be seen: the store reports the problem, and the application starts all the same. */
function isDirectory(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/**
 * `OTEL_RESOURCE_ATTRIBUTES`: `key=value` pairs, comma-separated, percent-encoded (W3C Baggage). Bad pairs are skipped.
 */
function readResource(text: string | undefined): Record<string, string> {
  const resource: Record<string, string> = {};
  for (const pair of text?.split(',') ?? []) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    try {
      resource[decodeURIComponent(pair.slice(0, equals).trim())] = decodeURIComponent(pair.slice(equals + 1).trim());
    } catch {
      // The pair is not percent-encoded. OpenTelemetry drops all attributes then; Ferret only drops the pair.
    }
  }
  return resource;
}

function isSink(value: unknown): boolean {
  return isObject(value) && typeof value['write'] === 'function' && typeof value['close'] === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
