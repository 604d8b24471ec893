import { once } from 'node:events';
import { createServer, type RequestListener, Server } from 'node:http';
import { createFerret, type Diagnostic, type Ferret, type FerretOptions } from '@ferretjs/core';
import { expect, onTestFinished, vi } from 'vitest';
import { temporaryFile } from '../child.js';
import { query } from '../database.js';
import { expectFewWarnings, expectSameBytes, expectSound } from './invariants.js';
import { watchProcess } from './watched-process.js';

/** An application in this process twice, on real sockets: with Ferret, on a real file, and without. */
export interface Pair {
  readonly ferret: Ferret;
  readonly database: string;
  readonly traced: Server;
  readonly bare: Server;
  readonly diagnostics: readonly Diagnostic[];
  /** (a) Sends the same to both, and expects the same back. */
  exchange(...pieces: readonly (string | Uint8Array)[]): Promise<string>;
  /** Waits until so many spans are stored, and no other is open; returns what the file has of them, in order. */
  rows(count: number): Promise<SpanRow[]>;
}

/** A row of `ferret_spans_v1`, its attributes read. */
export interface SpanRow {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly kind: string;
  readonly duration_ns: number;
  readonly outcome: string;
  readonly http_method: string | null;
  readonly http_route: string | null;
  readonly http_status_code: number | null;
  readonly error_type: string | null;
  readonly attributes: Record<string, unknown>;
}

/** Closes both when the test has finished, and checks the invariants (b), (c), (e) and (f). */
export async function servePair(
  build: (ferret: Ferret | undefined) => RequestListener | Server,
  options: FerretOptions = {},
): Promise<Pair> {
  const watched = watchProcess();
  const database = temporaryFile();
  const diagnostics: Diagnostic[] = [];
  const onDiagnostic = (diagnostic: Diagnostic) => void diagnostics.push(diagnostic);
  const ferret = createFerret({ database, flushIntervalMillis: 20, onDiagnostic, ...options });
  const [traced, bare] = await Promise.all([listen(build(ferret)), listen(build(undefined))]);
  onTestFinished(async () => {
    await Promise.all([traced, bare].map(close));
    const report = await ferret.close();
    expect(report).toMatchObject({ complete: true, unwritten: 0, ledger: { pending: 0 } });
    watched.end();
    expectFewWarnings(diagnostics);
    if (report.ledger.stored > 0) await expectSound(database);
  });
  return {
    ferret,
    database,
    traced,
    bare,
    diagnostics,
    exchange: (...pieces) => expectSameBytes(traced, bare, ...pieces),
    async rows(count) {
      await vi.waitFor(
        async () => {
          await ferret.flush();
          expect(ferret.stats()).toMatchObject({ started: count, stored: count, pending: 0 });
        },
        { timeout: 30_000 },
      );
      return count === 0 ? [] : spansOf(database);
    },
  };
}

/** The spans of a file, in the order of their start. */
export async function spansOf(database: string): Promise<SpanRow[]> {
  const rows = await query<Omit<SpanRow, 'attributes'> & { attributes: string }>(
    database,
    'SELECT * FROM ferret_spans_v1 ORDER BY start_us',
  );
  return rows.map((row) => ({ ...row, attributes: JSON.parse(row.attributes) as Record<string, unknown> }));
}

async function listen(application: RequestListener | Server): Promise<Server> {
  const server = application instanceof Server ? application : createServer(application);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
