// The cost of seeing a query: each client watched by Ferret, and by OpenTelemetry's instrumentation of it, against the
// same client unwatched, below a request that is traced in any case. The clients take turns, each in a process of its
// own. The servers are streams inside the process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quartileCell, table, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';
import { twoNodes } from './two-nodes.mjs';

const PROCESS = fileURLToPath(new URL('libraries-process.mjs', import.meta.url));
const VARIANTS = {
  ferretBare: { TRACER: 'ferret', INSTRUMENTED: 'no' },
  ferret: { TRACER: 'ferret', INSTRUMENTED: 'yes' },
  otelBare: { TRACER: 'otel', INSTRUMENTED: 'no' },
  otel: { TRACER: 'otel', INSTRUMENTED: 'yes' },
};
const CLIENTS = { pg: '`pg`', mysql2: '`mysql2`', ioredis: '`ioredis`', redis: '`@redis/client`' };

export const libraries = {
  name: 'libraries',
  title: 'Libraries',
  seconds: 420,
  full: { rounds: 11, batches: 300 },
  short: { rounds: 1, batches: 20 },
  measure,
  describe,
  // The other Node is a package for this platform alone.
  linuxOnly: true,
};

async function measure({ rounds, batches }, say) {
  const nodes = {};
  for (const [major, execPath] of Object.entries(twoNodes())) {
    nodes[major] = await measureOn(execPath, { rounds, batches }, (text) => say(`Node ${major}, ${text}`));
  }
  return { rounds, nodes };
}

async function measureOn(execPath, { rounds, batches }, say) {
  const rows = {};
  for (const client of Object.keys(CLIENTS)) {
    const timed = { ferretBare: [], ferret: [], otelBare: [], otel: [] };
    for (let round = 0; round < rounds; round++) {
      for (const [name, variant] of Object.entries(VARIANTS)) {
        timed[name].push(await record(execPath, client, variant, batches));
      }
    }
    rows[client] = compare(timed);
    const { ferret, otel } = rows[client];
    say(`${client}: ${quartileCell(ferret, whole)} ns, OpenTelemetry ${quartileCell(otel, whole)} ns`);
  }
  return rows;
}

async function record(execPath, client, variant, batches) {
  const child = fork(PROCESS, { execPath, env: { ...process.env, ...variant, CLIENT: client, BATCHES: batches } });
  const [nanos] = await once(child, 'message');
  await once(child, 'close');
  return nanos;
}

/** Nanoseconds that each of the two adds to a query, round by round. */
function compare({ ferretBare, ferret, otelBare, otel }) {
  const added = (nanos, bare) => nanos.map((value, round) => value - bare[round]);
  const ofFerret = added(ferret, ferretBare);
  const ofOtel = added(otel, otelBare);
  return {
    bare: quartiles(ferretBare),
    ferret: quartiles(ofFerret),
    otel: quartiles(ofOtel),
    ratio: quartiles(ofFerret.map((value, round) => value / ofOtel[round])),
  };
}

function describe({ rounds, nodes }) {
  return [
    'One query after the other, a hundred below a request that is traced, sampling as it is by default, answered ' +
      'by a stream inside the process: what the main thread takes for a query, in nanoseconds, without a watch, and ' +
      'what each instrumentation adds to that.',
    '',
    table(
      ['client', 'Node', 'not watched', 'Ferret adds', 'OpenTelemetry adds', "of OpenTelemetry's"],
      Object.entries(nodes).flatMap(([major, rows]) =>
        Object.entries(rows).map(([client, { bare, ferret, otel, ratio }]) => [
          CLIENTS[client],
          major,
          quartileCell(bare, whole),
          quartileCell(ferret, whole),
          quartileCell(otel, whole),
          quartileCell(ratio),
        ]),
      ),
    ),
    '',
    `${rounds} rounds.`,
  ].join('\n');
}
