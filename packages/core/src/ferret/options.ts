import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RedactOptions } from '../attributes/redaction.js';
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
import {
  type ResolvedSampling,
  resolveSampling,
  SAMPLING_DEFAULTS,
  SAMPLING_RULES,
  type SamplingOptions,
} from '../sampling/sampling-options.js';
import type { SpanSink } from '../sink/sink.js';
import type { RetentionLimits } from '../sqlite/retention/span-retention.js';

/**
 * Every option, each optional. An option left out is taken from its environment variable, `FERRET_` and its name in
 * capitals (`FERRET_BATCH_SIZE`), and then from its default. Lists are separated by commas there, objects are JSON.
 */
export interface FerretOptions extends SamplingOptions {
  /** The file spans are stored in. Created where missing, its directory too. Default `ferret.db` in the working directory. */
  readonly database?: string;
  /** The service's name. Default: `OTEL_SERVICE_NAME`, then `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, then `unknown_service:node`. */
  readonly service?: string;
  /** Names this session; processes that share it are reported together. Default: a new UUID. */
  readonly runId?: string;
  /** Spans written in one transaction, 1 to 10,000. Default 512. */
  readonly batchSize?: number;
  /** Longest a span waits for its batch, 1 to 60,000 ms. Default 500. */
  readonly flushIntervalMillis?: number;
  /** Spans that may wait for the store, 1 to 1,000,000; any more are dropped and counted. Default 65,536. */
  readonly maxQueueSize?: number;
  /**
   * Requests to leave alone, with all that is measured in them: a path (`/health`), the beginning of one (`/assets/*`), a route
   * (`/users/:id`), a RegExp over the path, or a function of the request. They are not counted either. Default none.
   */
  readonly ignore?: IgnoreRule | readonly IgnoreRule[];
  /**
   * What the file may hold: spans older than `maxAgeDays` (default 7) and what is beyond `maxSizeMegabytes` (default 512) are
   * deleted, the oldest first. `Infinity` keeps all.
   */
  readonly retention?: { readonly maxAgeDays?: number; readonly maxSizeMegabytes?: number };
  /** What is kept secret beyond the built-in rules. See {@link RedactOptions}. */
  readonly redact?: RedactOptions;
  /** Drain at SIGTERM, SIGINT and when the event loop runs empty. Default true. */
  readonly shutdownHooks?: boolean;
  /**
   * What to do with a caller's `traceparent`: `continue` its trace, `restart` under a new trace id that keeps the
   * caller's ids as attributes, or `ignore` it. Default `continue`.
   */
  readonly traceContext?: 'continue' | 'restart' | 'ignore';
  /** Keep exceptions that a framework reports by itself, where that costs extra (Express 5.3: its diagnostics channel). Default false. */
  readonly recordExceptions?: boolean;
  /** Called with what the operator should know, at most once a minute for each code. Default: `process.emitWarning`. */
  readonly onDiagnostic?: OnDiagnostic;
  /** Headers to keep, by name, lower case: `{ request: ['x-tenant'], response: ['x-cache'] }`. Default none. */
  readonly headers?: { readonly request?: readonly string[]; readonly response?: readonly string[] };
  /** Keep the client's address as `client.address`. Default false. */
  readonly clientAddress?: boolean;
  /** Attributes a span may have, 1 to 1,024. Default 128. */
  readonly maxAttributes?: number;
  /** Characters a text value may have, 16 to 65,536; longer ones are cut and end in `…`. Default 1,024. */
  readonly maxAttributeLength?: number;
  /**
   * Size of the files beside the database, all together when one is begun, in which spans are kept that it cannot take now, or not
   * before the process ends. `0`: no such file. Default 64.
   */
  readonly maxSpillMegabytes?: number;
  /** SQLite's `synchronous`: `normal` may lose the last commits at a power loss, never corrupts; `full` loses none. Default `normal`. */
  readonly synchronous?: 'normal' | 'full';
  /** Another store in place of the SQLite file. `database`, `synchronous`, `retention` and `maxSpillMegabytes` have no effect then. */
  readonly sink?: SpanSink;
}

/** Options checked, completed, copied and frozen. */
export interface ResolvedOptions extends HttpOptions {
  readonly database: string;
  readonly service: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly runId: string;
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  readonly maxQueueSize: number;
  readonly redact: RedactOptions;
  readonly shutdownHooks: boolean;
  readonly onDiagnostic: OnDiagnostic | undefined;
  readonly maxAttributes: number;
  readonly maxAttributeLength: number;
  readonly synchronous: 'normal' | 'full';
  readonly sampling: ResolvedSampling;
  readonly maxSpillBytes: number;
  readonly retention: RetentionLimits;
  readonly sink: SpanSink | undefined;
}

const MEGABYTE = 1024 * 1024;
const MICROS_OF_DAY = 24 * 60 * 60 * 1_000_000;

export const DEFAULTS = {
  database: 'ferret.db',
  service: 'unknown_service:node',
  batchSize: 512,
  flushIntervalMillis: 500,
  maxQueueSize: 65_536,
  ignore: [],
  ...SAMPLING_DEFAULTS,
  retention: { maxAgeDays: 7, maxSizeMegabytes: 512 },
  redact: {},
  shutdownHooks: true,
  traceContext: 'continue',
  recordExceptions: false,
  headers: {},
  clientAddress: false,
  maxAttributes: 128,
  maxAttributeLength: 1024,
  synchronous: 'normal',
  maxSpillMegabytes: 64,
} as const satisfies FerretOptions;

/** What each option accepts: the whole of validation, and of reading the environment. */
const RULES: { readonly [Name in keyof Required<FerretOptions>]: OptionRule } = {
  database: textRule('the path of a file'),
  service: textRule('a name'),
  runId: textRule('a name'),
  batchSize: integerRule(1, 10_000),
  flushIntervalMillis: integerRule(1, 60_000),
  maxQueueSize: integerRule(1, 1_000_000),
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
  traceContext: oneOfRule('continue', 'restart', 'ignore'),
  recordExceptions: booleanRule(),
  onDiagnostic: functionRule('(diagnostic) => void'),
  headers: objectRule({ request: wordsRule(), response: wordsRule() }),
  clientAddress: booleanRule(),
  maxAttributes: integerRule(1, 1024),
  maxAttributeLength: integerRule(16, 65_536),
  synchronous: oneOfRule('normal', 'full'),
  maxSpillMegabytes: integerRule(0, 1_000_000),
  sink: {
    accepts: 'an object with write(batch) and close()',
    test: (value) => isObject(value) && typeof value['write'] === 'function' && typeof value['close'] === 'function',
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
    database: resolveDatabase(given.database ?? DEFAULTS.database),
    service,
    resource: Object.freeze({ ...resource, 'service.name': service }),
    runId: given.runId ?? randomUUID(),
    batchSize: given.batchSize ?? DEFAULTS.batchSize,
    flushIntervalMillis: given.flushIntervalMillis ?? DEFAULTS.flushIntervalMillis,
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
    sampling: resolveSampling(given),
    maxSpillBytes: (given.maxSpillMegabytes ?? DEFAULTS.maxSpillMegabytes) * MEGABYTE,
    retention: Object.freeze({
      maxAgeMicros: (given.retention?.maxAgeDays ?? DEFAULTS.retention.maxAgeDays) * MICROS_OF_DAY,
      maxBytes: (given.retention?.maxSizeMegabytes ?? DEFAULTS.retention.maxSizeMegabytes) * MEGABYTE,
    }),
    sink: given.sink,
  });
}

function lowerCase(names: readonly string[] = []): readonly string[] {
  return Object.freeze(names.map((name) => name.toLowerCase()));
}

/** The absolute path, so that a later `process.chdir` moves nothing. */
function resolveDatabase(database: string): string {
  const file = resolve(database);
  if (isDirectory(file)) {
    throw new FerretError(
      'INVALID_OPTION',
      `The option database is ${file}, which is a directory. Give it the path of a file.`,
    );
  }
  return file;
}

/** What may not be seen is left to the store to report: the application starts all the same. */
function isDirectory(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** `OTEL_RESOURCE_ATTRIBUTES`: `key=value` pairs, comma-separated, percent-encoded (W3C Baggage). Bad pairs are skipped. */
function readResource(text: string | undefined): Record<string, string> {
  const resource: Record<string, string> = {};
  for (const pair of text?.split(',') ?? []) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    try {
      resource[decodeURIComponent(pair.slice(0, equals).trim())] = decodeURIComponent(pair.slice(equals + 1).trim());
    } catch {
      // Not percent-encoding. OpenTelemetry drops all attributes then; one bad pair is no reason to.
    }
  }
  return resource;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
