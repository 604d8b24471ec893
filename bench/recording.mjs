// The cost of a span to its caller: start, three attributes and end, Ferret and OpenTelemetry's tracer in turn, each in
// a process of its own. Both hand their batches to a store that keeps nothing.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quartileCell, table, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';

const PROCESS = fileURLToPath(new URL('recording-process.mjs', import.meta.url));
/** A young generation that holds all that the measure allocates. */
const NO_COLLECTION = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];
const KINDS = { ferret: 'Ferret', otel: 'OpenTelemetry' };
const PLACES = { outside: 'outside a parent', inside: 'inside a parent' };

export const recording = {
  name: 'recording',
  title: 'Recording a span',
  seconds: 50,
  full: { rounds: 15, batches: 500, allocations: 3, allocationBatches: 100 },
  short: { rounds: 1, batches: 20, allocations: 1, allocationBatches: 20 },
  measure,
  describe,
};

/** Runs a process: both places, by MODE. */
export async function record({ kind, mode, batches, routes = 1 }) {
  const child = fork(PROCESS, {
    env: { ...process.env, KIND: kind, MODE: mode, BATCHES: batches, ROUTES: routes },
    execArgv: mode === 'bytes' ? NO_COLLECTION : [],
  });
  const [result] = await once(child, 'message');
  await once(child, 'close');
  return result;
}

async function measure({ rounds, batches, allocations, allocationBatches }, say) {
  const timed = { ferret: [], otel: [] };
  const allocated = { ferret: [], otel: [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of Object.keys(KINDS)) timed[kind].push(await record({ kind, mode: 'nanos', batches }));
    if (round >= allocations) continue;
    for (const kind of Object.keys(KINDS)) {
      allocated[kind].push(await record({ kind, mode: 'bytes', batches: allocationBatches }));
    }
  }
  const results = {};
  for (const kind of Object.keys(KINDS)) {
    results[kind] = { dropped: timed[kind].reduce((sum, { started, stored }) => sum + started - stored, 0) };
    for (const place of Object.keys(PLACES)) {
      const ratio = timed[kind].map((result, round) => result[place].calls / timed.otel[round][place].calls);
      results[kind][place] = {
        calls: quartiles(timed[kind].map((result) => result[place].calls)),
        all: quartiles(timed[kind].map((result) => result[place].all ?? Number.NaN)),
        ratio: quartiles(ratio),
        bytes: quartiles(allocated[kind].map((result) => result[place].bytes)),
        collections: allocated[kind].reduce((sum, result) => sum + result[place].collections, 0),
      };
      say(`${KINDS[kind]}, ${PLACES[place]}: ${quartileCell(results[kind][place].calls, whole)} ns`);
    }
  }
  return { rounds, ...results };
}

function describe({ rounds, ...results }) {
  const rows = Object.entries(PLACES).flatMap(([place, where]) =>
    Object.entries(KINDS).map(([kind, label]) => {
      const { calls, all, ratio, bytes, collections } = results[kind][place];
      return [
        `${label}, ${where}`,
        quartileCell(calls, whole),
        quartileCell(ratio),
        quartileCell(all, whole),
        collections === 0 ? quartileCell(bytes, whole) : 'not measured: the heap was collected meanwhile',
      ];
    }),
  );
  return [
    'Start, three attributes, end; batches go to a store that keeps nothing. In the calls: what the caller waits ' +
      'for. In all: processor time of all threads, with what happens to the batches later.',
    '',
    table(['', 'in the calls, ns', "of OpenTelemetry's", 'in all, ns', 'bytes allocated'], rows),
    '',
    `${rounds} rounds. Spans dropped: Ferret ${whole(results.ferret.dropped)}, OpenTelemetry ` +
      `${whole(results.otel.dropped)}.`,
  ].join('\n');
}
