import { quartiles } from './quartiles.mjs';

const TIMES = 20;

/**
 * How long the same piece of work takes, in milliseconds: objects, texts and memory, as a request has them. A part is measured
 * between two of these; who compares two runs sees from them whether the machine was as fast, and as quiet.
 */
function fixedWork() {
  return Array.from({ length: TIMES }, () => {
    const started = performance.now();
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `user ${id}`, roles: ['a', 'b'] }));
    JSON.parse(JSON.stringify(rows));
    return performance.now() - started;
  });
}

/** Runs `measure` between two of them. */
export async function withFixedWork(measure) {
  const before = fixedWork();
  const data = await measure();
  return { data, fixedWorkMillis: quartiles([...before, ...fixedWork()]) };
}
