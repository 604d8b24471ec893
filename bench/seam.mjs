// The cost of an instrumentation's span to the library's caller: each way to make one, beside OpenTelemetry's, in turn,
// each in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quartileCell, table, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';

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
  seconds: 60,
  full: { rounds: 15, batches: 1_500 },
  short: { rounds: 1, batches: 100 },
  measure,
  describe,
};

async function record(kind, batches) {
  const child = fork(PROCESS, { env: { ...process.env, KIND: kind, BATCHES: batches } });
  const [result] = await once(child, 'message');
  await once(child, 'close');
  return result;
}

async function measure({ rounds, batches }, say) {
  const timed = { ferret: [], otel: [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of KINDS) timed[kind].push(await record(kind, batches));
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
  return { rounds, rows };
}

function describe({ rounds, rows }) {
  return [
    'A span with kind and three attributes, a hundred below a request, as instrumentations make them; sampling as ' +
      "it is by default. Nanoseconds that the caller waits. OpenTelemetry's: `startSpan`, with `context.with` and " +
      '`propagation.extract` where Ferret has `runWith` and `continueTrace`.',
    '',
    table(
      ['', 'Ferret', 'OpenTelemetry', "of OpenTelemetry's"],
      Object.entries(CASES).map(([name, label]) => [
        label,
        quartileCell(rows[name].ferret, whole),
        quartileCell(rows[name].otel, whole),
        quartileCell(rows[name].ratio),
      ]),
    ),
    '',
    `${rounds} rounds.`,
  ].join('\n');
}
