import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { query } from '../database.js';
import { type Ended, runNode as runInFolder } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';

/** A span in a file, as far as tests of instrumentations look at it. */
export interface Row {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly kind: string;
  readonly outcome: string;
  readonly error_type: string | null;
  readonly http_status_code: number | null;
  readonly attributes: string;
}

/** The path of one of `apps/auto/`. */
export function appPath(name: string): string {
  return fileURLToPath(new URL(`../apps/auto/${name}`, import.meta.url));
}

/** Runs Node in the folder of the end-to-end tests, to its end. */
export function runNode(parameters: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  return runInFolder(parameters, { cwd, env: { NODE_NO_WARNINGS: '1', ...environment } });
}

export function spansOf(file: string): Promise<Row[]> {
  return query<Row>(file, 'SELECT * FROM ferret_spans_v1 ORDER BY start_us, span_id');
}

/** A folder with a key and a certificate for `localhost`; `undefined` where there is no openssl. */
export function makeCertificate(): string | undefined {
  const directory = temporaryDirectory();
  const parameters = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const { status } = spawnSync('openssl', [...parameters, '-keyout', 'key.pem', '-out', 'cert.pem'], {
    cwd: directory,
  });
  return status === 0 ? directory : undefined;
}
