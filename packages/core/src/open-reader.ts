import { fileURLToPath } from 'node:url';
import { FerretError } from './errors.js';
import { processWide } from './process-wide.js';
import { openReader as openFileReader, type Reader, type ReaderOptions } from './sqlite/reader/file-reader.js';

/**
 * Opens a store for reading, by its URL as the caller wrote it. Rejects with a {@link FerretError} if the store cannot
 * be read. `options` apply to files; other stores may ignore them.
 */
export type OpenStore = (url: string, options: ReaderOptions) => Promise<Reader>;

/** Shared between both builds of this package, CommonJS and ES module. */
const stores = processWide('stores', () => new Map<string, OpenStore>());

/**
 * A scheme has two letters or more, because `C:\data` is a path, and needs `://`, because file names may contain a
 * colon.
 */
const URL_SCHEME = /^([a-z][a-z\d+.-]+):\/\//i;
const VALID_SCHEME = /^[a-z][a-z\d+.-]+$/;

/**
 * Makes {@link openReader} open URLs of a scheme, such as `clickhouse` for `clickhouse://host:8123/db`. Registering a
 * scheme again replaces its function.
 *
 * @param scheme two or more lower-case letters, digits, `+`, `.` or `-`, beginning with a letter
 * @throws FerretError `INVALID_OPTION` for any other scheme, and for `file`, which is built in
 */
export function registerStore(scheme: string, open: OpenStore): void {
  if (!VALID_SCHEME.test(scheme) || scheme === 'file') {
    throw new FerretError(
      'INVALID_OPTION',
      'registerStore() accepts a URL scheme such as "clickhouse", in lower case and other than "file"; ' +
        `got ${JSON.stringify(scheme)}.`,
    );
  }
  stores.set(scheme, open);
}

/**
 * Opens a store for reading: a Ferret file by its path or its `file://` URL, or another store by a URL whose scheme was
 * passed to {@link registerStore}. A file is never created or changed, and no files are left beside it.
 *
 * @param options `inPlace`: runs SQLite on the calling thread, for command-line programs
 * @throws FerretError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `FILE_EMPTY`, `FILE_NOT_SQLITE`, `FILE_FOREIGN`,
 *   `FILE_NEWER`, `FILE_OLDER`, `DRIVER_MISSING`; `STORE_UNKNOWN` for a URL whose scheme is not registered;
 *   `INVALID_OPTION` for a `file://` URL that is not a path on this host
 */
export async function openReader(target: string, options: ReaderOptions = {}): Promise<Reader> {
  const scheme = URL_SCHEME.exec(target)?.[1]?.toLowerCase();
  if (scheme === undefined) return openFileReader(target, options);
  if (scheme === 'file') return openFileReader(toPath(target), options);
  const open = stores.get(scheme);
  if (open !== undefined) return open(target, options);
  throw new FerretError(
    'STORE_UNKNOWN',
    `No store is registered for ${scheme}:// URLs. Give the path of a file, or a URL of ${listSchemes()}.`,
  );
}

function toPath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new FerretError('INVALID_OPTION', `${url} is not the path of a file on this host.`, { cause });
  }
}

function listSchemes(): string {
  return ['file', ...stores.keys()].map((scheme) => `${scheme}://`).join(', ');
}
