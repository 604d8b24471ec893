import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStoreFixture, openDatabase } from '@ferretjs/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFerret } from '../ferret.js';
import { temporaryDirectory } from '../temporary.js';

/** Has a command say at its end how much memory it had at most. */
const MEMORY = fileURLToPath(new URL('../apps/peak-memory.cjs', import.meta.url));
const MAX_MEMORY_KILOBYTES = 150 * 1024;

const TRACE = 'a'.repeat(32);

const PEAK = /peak memory: (\d+)\n$/;

const COMMANDS = [
  ['analyze'],
  ['analyze', '--exact'],
  ['analyze', '--by', 'status'],
  ['analyze', '--tree'],
  ['diff', 'run-1', 'run-2'],
  ['trace', TRACE],
  ['runs'],
  ['export'],
  ['export', '--format', 'otlp'],
  ['export', '--format', 'chrome'],
  ['crashes'],
  ['doctor', '--full'],
];

let directory: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  const store = await createStoreFixture(join(directory, 'ferret.db'));
  for (const runId of ['run-1', 'run-2']) {
    const process = await store.addProcess(await store.addRun({ runId }), { endedAtMicros: null, endReason: null });
    await store.addSpan(process, { traceId: TRACE, attributes: { a: 1 } });
    await store.addRouteMinute(process, { durationsNanos: [1_000_000] });
    await store.addOpenSpan(process, {});
  }
  await store.close();
});

// Some of these files have more than 100 MB: none waits for the others' tests.
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Content that only a hostile writer, or a disk that is dying, puts into a file. */
const CHANGES = {
  'a gigantic name': 'UPDATE span SET name = hex(zeroblob(60000000))',
  'gigantic attributes': `UPDATE span SET attributes = '{"x":"' || hex(zeroblob(60000000)) || '"}'`,
  'a gigantic service': 'UPDATE run SET service = hex(zeroblob(60000000))',
  'a gigantic trace id': 'UPDATE span SET trace_id = zeroblob(100000000)',
  'a name that is no text': "UPDATE span SET name = x'00ff1b5d'; UPDATE route_minute SET name = x'00ff1b5d'",
  'a name that is a number': 'UPDATE span SET name = 1.5; UPDATE route_minute SET name = -1.5',
  'names of strings that are not there':
    'UPDATE span SET name = 4611686018427387904, http_route = -7; DELETE FROM string',
  'attributes that are no JSON': "UPDATE span SET attributes = '{'; UPDATE open_span SET attributes = 'x'",
  'attributes that are no object':
    "UPDATE span SET attributes = '[1]', shared = '7'; UPDATE open_span SET attributes = 'null'",
  'resources that are no JSON': "UPDATE run SET resource = '\u001b]0;x'",
  'leases of nobody': "INSERT INTO lease VALUES ('x', 'null', 1), ('y', '\u001b', 1)",
  'buckets that are none': "UPDATE route_minute SET buckets = '\u001b['",
  'buckets beyond all': 'UPDATE route_minute SET buckets = \'[[-1,5],[99999999999,1e300],["x",null]]\', count = -5',
  'kinds and outcomes of no meaning': 'UPDATE span SET kind = 99, outcome = -5, keep_reason = 77',
  'absurd numbers': `UPDATE span SET start_us = 9223372036854775807, duration_ns = -9223372036854775807,
    http_status_code = -1;
    UPDATE process SET pid = -9223372036854775807, started = 9223372036854775807, stored = -1, first_span_id = -5`,
  'absurd ids': 'UPDATE span SET id = id - 9223372036854775000; UPDATE process SET last_span_id = 9223372036854775807',
  'ids that are none': "UPDATE span SET trace_id = x'', span_id = x'', parent_id = x''",
  'texts of a terminal':
    "UPDATE process SET hostname = '\u001b[2J\u202e', thread_name = '\u0007'; " +
    "UPDATE run SET run_id = id || '\u001b[2J'",
};

/** `node:sqlite` of Node 22 cannot be told how long a value may be; see docs/operations.md. */
const hasLimits = !/^v2[23]\./.test(process.version);

describe('a hostile file', () => {
  for (const [what, sql] of Object.entries(CHANGES)) {
    if (what.includes('gigantic') && !hasLimits) continue;
    it(`with ${what} ends in one clear line, in little memory, and prints no control character`, async () => {
      const database = await openDatabase(join(directory, 'ferret.db'), 'write');
      await database.exec(`PRAGMA foreign_keys = OFF; ${sql}`);
      await database.close();
      for (const parameters of COMMANDS) {
        const env = { NODE_OPTIONS: `--require ${MEMORY}` };
        const ended = await runFerret(parameters, { cwd: directory, env });
        const { code, out } = ended;
        const err = ended.err.replace(PEAK, '');
        const label = `${parameters.join(' ')}: ${err.slice(0, 2_000)}`;
        expect(Number(PEAK.exec(ended.err)?.[1]), label).toBeLessThan(MAX_MEMORY_KILOBYTES);
        expect([0, 1], label).toContain(code);
        if (code === 1 && parameters[0] !== 'doctor') expect(err, label).toMatch(/^ferret: [^\n]+\n$/);
        expect(err, label).not.toMatch(
          /TypeError|is not a function|Cannot read|undefined|at position|JSON at|Unexpected/,
        );
        expect(err, label).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
        if (parameters[0] !== 'export') expect(out, label).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
      }
    });
  }
});
