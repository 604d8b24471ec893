import type { RedactOptions } from '../attributes/redact-options.js';
import type { OnDiagnostic } from '../diagnostics.js';
import type { IgnoreRule } from '../http/http-options.js';
import { SAMPLING_DEFAULTS, type SamplingOptions } from '../sampling/sampling-options.js';
import type { SpanSink } from '../sink/sink.js';

/**
 * The options of a Ferret, each of them optional. An option that is left out is taken from its environment variable,
 * else its default counts. The variable is `FERRET_` and the name in capitals (`FERRET_BATCH_SIZE`); lists are
 * separated by commas there, objects are JSON. Functions and sinks have no variable.
 */
export interface FerretOptions extends SamplingOptions {
  /**
   * `false` switches Ferret off, for tests and for places that must not record: no file, no sink, no process hooks, no
   * timers. Every call works, and nothing is counted. Default true.
   */
  readonly enabled?: boolean;
  /**
   * Path of the file that stores the spans. A missing file is created, its directory too. Default `ferret.db` in the
   * working directory.
   */
  readonly database?: string;
  /**
   * The service's name. Default: `OTEL_SERVICE_NAME`, then `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, then
   * `unknown_service:node`.
   */
  readonly service?: string;
  /** Names this session; processes that share it are reported together. Default: a new UUID. */
  readonly runId?: string;
  /** Largest number of spans in one transaction, 1 to 10,000. Default 512. */
  readonly batchSize?: number;
  /** Longest time that a span waits for its batch, 1 to 60,000 ms. Default 500. */
  readonly flushIntervalMillis?: number;
  /**
   * Copies each request to disk as its response ends, and stores it then, without waiting for the batch: for platforms
   * that freeze or kill the process between requests. The response waits for the copy, not for the store. Default
   * false.
   */
  readonly flushOnResponse?: boolean;
  /**
   * Spans that may wait for the store, 100 to 1,000,000; further spans are dropped and counted. A batch has at most
   * half as many, whatever `batchSize` says. Default 65,536.
   */
  readonly maxQueueSize?: number;
  /**
   * Requests that are not recorded, nor the spans below them: a path (`/health`), the beginning of one (`/assets/*`),
   * a route (`/users/:id`), a RegExp over the path, or a function of the request. They are not counted either. Default
   * none.
   */
  readonly ignore?: IgnoreRule | readonly IgnoreRule[];
  /**
   * Limits of the file: spans older than `maxAgeDays` (default 7), and spans that make the file larger than
   * `maxSizeMegabytes` (default 512), are deleted, the oldest first. `Infinity` keeps all.
   */
  readonly retention?: { readonly maxAgeDays?: number; readonly maxSizeMegabytes?: number };
  /**
   * Names and values to keep secret beyond the built-in rules; see {@link RedactOptions}. Default: the built-in rules.
   */
  readonly redact?: RedactOptions;
  /**
   * Stores what waits at signals that end the process and when the event loop runs empty, and spills it at
   * `process.exit()`. Default true.
   */
  readonly shutdownHooks?: boolean;
  /**
   * Treatment of a caller's `traceparent`: `continue` its trace, `restart` under a new trace id that keeps the
   * caller's ids as attributes, or `ignore` it. Default `continue`.
   */
  readonly traceContext?: 'continue' | 'restart' | 'ignore';
  /**
   * Keep exceptions that a framework reports by itself, where that costs extra (Express 5.3: its diagnostics channel).
   * Default false.
   */
  readonly recordExceptions?: boolean;
  /** Called with each problem, at most once a minute for each code and store. Default: `process.emitWarning`. */
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
   * Size of all spill files together, 0 to 1,000,000 MB; it is checked when a file is begun. They lie beside the
   * database and hold spans that it cannot take now, or not before the process ends. 0: none are made. Default 64.
   */
  readonly maxSpillMegabytes?: number;
  /**
   * SQLite's `synchronous`: `normal` may lose the last commits at a power loss, never corrupts; `full` loses none.
   * Default `normal`.
   */
  readonly synchronous?: 'normal' | 'full';
  /**
   * SQLite's journal. `wal` lets processes read while one writes, and needs memory that they share. `truncate` is for
   * volumes without such memory (NFS, some container mounts): a write waits for readers there, and they wait for it.
   * All processes of a file need the same. Default `wal`.
   */
  readonly journal?: 'wal' | 'truncate';
  /**
   * Another store in place of the SQLite file. `database`, `synchronous`, `journal` and `retention` have no effect
   * then, and nothing is spilled unless `spillTo` says where.
   */
  readonly sink?: SpanSink;
  /**
   * Path that names the spill files of `sink`: `<spillTo>.spill-<process>`, `maxSpillMegabytes` together. They hold
   * batches that the sink cannot take now, or not before the process ends. The next process with this path hands what a
   * dead one left to its own sink, and says whose it is (`SpanBatch.process`). Not the path of a Ferret file, whose
   * processes would take the spans in. No effect without `sink`. Default: none, and no file is made.
   */
  readonly spillTo?: string;
  /**
   * Stores beside the file, or beside `sink`: each gets every span that is kept. Each has a queue of `maxQueueSize`
   * spans and a writer of its own, so that neither the file nor the application waits for it. Spans that it loses are
   * counted by `sinkStats()` and `metrics()`; nothing is spilled for it. Default none.
   */
  readonly alsoTo?: readonly SpanSink[];
}

/** The default of each option that has a fixed one. */
export const DEFAULTS = {
  enabled: true,
  database: 'ferret.db',
  service: 'unknown_service:node',
  batchSize: 512,
  flushIntervalMillis: 500,
  flushOnResponse: false,
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
  journal: 'wal',
  maxSpillMegabytes: 64,
  alsoTo: [],
} as const satisfies FerretOptions;
