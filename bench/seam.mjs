// The cost of an instrumentation's span to the library's caller: each way to make one, beside OpenTelemetry's, in turn,
// each in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quartileCell, table, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';
import { twoNodes } from './two-nodes.mjs';

const PROCESS = fileURLToPath(new URL('seam-process.mjs', import.meta.url));
const KINDS = ['ferret', 'otel'];
const CASES = {
  leafAndChannel: '`startLeaf` from a diagnostics channel, `end`',
  leaf: '`startLeaf`, `end`',
  span: '`startSpan`, `end`',
  runWith: '`startSpan`, `runWith`, `end`',
  continueTrace: '`startSpan` with `continueTrace` (a link), `end`',
};

export const seam = {
  name: 'seam',
  title: 'Instrumentations',
  seconds: 120,
  full: { rounds: 15, batches: 1_500 },
  short: { rounds: 1, batches: 100 },
  measure,
  describe,
  // The other Node is a package for this platform alone.
  linuxOnly: true,
};

async function record(execPath, kind, batches) {
  const child = fork(PROCESS, { execPath, env: { ...process.env, KIND: kind, BATCHES: batches } });
  const [result] = await once(child, 'message');
  await once(child, 'close');
  return result;
}

async function measure({ rounds, batches }, say) {
  const nodes = {};
  for (const [major, execPath] of Object.entries(twoNodes())) {
    nodes[major] = await measureOn(execPath, { rounds, batches }, (text) => say(`Node ${major}, ${text}`));
  }
  return { rounds, nodes };
}

async function measureOn(execPath, { rounds, batches }, say) {
  const timed = { ferret: [], otel: [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of KINDS) timed[kind].push(await record(execPath, kind, batches));
  }
  const rows = {};
  for (const name of Object.keys(CASES)) {
    const of = (kind) => timed[kind].map((result) => result[name]);
    // OpenTelemetry has one kind of span: Ferret's leaf is compared with that.
    const ratio = of('ferret').map((nanos, round) => nanos / timed.otel[round][name]);
    rows[name] = { ferret: quartiles(of('ferret')), otel: quartiles(of('otel')), ratio: quartiles(ratio) };
    say(
      `${name}: ${quartileCell(rows[name].ferret, whole)} ns, OpenTelemetry ${quartileCell(rows[name].otel, whole)} ns`,
    );
  }
  return rows;
}

function describe({ rounds, nodes }) {
  return [
    'A span with kind and three attributes, a hundred below a request, as instrumentations make them; sampling as ' +
      "it is by default. Nanoseconds that the caller waits. OpenTelemetry's: `startSpan`, with `context.with` and " +
      '`propagation.extract` where Ferret has `runWith` and `continueTrace`.',
    '',
    table(
      ['', 'Node', 'Ferret', 'OpenTelemetry', "of OpenTelemetry's"],
      Object.entries(nodes).flatMap(([major, rows]) =>
        Object.entries(CASES).map(([name, label]) => [
          label,
          major,
          quartileCell(rows[name].ferret, whole),
          quartileCell(rows[name].otel, whole),
          quartileCell(rows[name].ratio),
        ]),
      ),
    ),
    '',
    `${rounds} rounds.`,
  ].join('\n');
}
