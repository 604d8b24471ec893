import { quartiles } from './quartiles.mjs';

const TIMES = 20;

/**
 * Milliseconds that the same piece of work takes: objects, texts and memory, as a request has them. Each part is
 * measured between two of these. They show whether the machine was as fast, and as quiet, in two runs that are
 * compared.
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
