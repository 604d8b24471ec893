import { createStoreFixture, FIXTURE_START_MICROS, type FixtureSpan, type StoreFixture } from '@ferretjs/core/testing';

const MILLISECOND = 1_000_000;
const MINUTE_MICROS = 60_000_000;

/**
 * A request of which every part is drawn: work one after the other and at once, a query in a loop, an error, hostile
 * text.
 */
export const SLOW_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** Begins as the slow one does. */
export const OTHER_TRACE = '4bf92f35000000000000000000000001';

/** A file that is the same to the last byte of a report each time: three minutes of a shop, a budget, and a loss. */
export async function writeShop(file: string): Promise<void> {
  const store = await createStoreFixture(file);
  const process = await store.addProcess(await store.addRun({ runId: 'run-1', service: 'shop' }), {
    pid: 4711,
    lastSeenMicros: FIXTURE_START_MICROS + 3 * MINUTE_MICROS,
    endReason: 'SIGTERM',
    started: 2_447,
    sampledOut: 2_442,
    queueFull: 5,
  });
  await addSlowTrace(store, process);
  for (let request = 0; request < 60; request++) {
    const isFailed = request % 20 === 7;
    await store.addSpan(process, {
      name: request % 3 === 0 ? 'POST /orders' : 'GET /products/:id',
      httpMethod: request % 3 === 0 ? 'POST' : 'GET',
      httpRoute: request % 3 === 0 ? '/orders' : '/products/:id',
      httpStatusCode: isFailed ? 503 : 200,
      outcome: isFailed ? 'error' : 'ok',
      durationNanos: (1 + ((request * 37) % 60)) * MILLISECOND,
      startMicros: FIXTURE_START_MICROS + request * 2_500_000,
      attributes: { 'user.plan': request % 4 === 0 ? 'pro' : 'free' },
    });
  }
  await store.addSpan(process, {
    traceId: OTHER_TRACE,
    name: '=HYPERLINK("x") \u001b[2J\u202e 日本語',
    kind: 'internal',
    durationNanos: 512,
    startMicros: FIXTURE_START_MICROS + 170_000_000,
  });
  for (let minute = 0; minute < 3; minute++) {
    const minuteMicros = FIXTURE_START_MICROS + minute * MINUTE_MICROS;
    const durations = (count: number, factor: number) =>
      Array.from({ length: count }, (_, index) => Math.round(factor * MILLISECOND * 1.02 ** ((index * 31) % 300)));
    await store.addRouteMinute(process, { minuteMicros, name: 'GET /products/:id', durationsNanos: durations(600, 1) });
    await store.addRouteMinute(process, { minuteMicros, name: 'POST /orders', durationsNanos: durations(240, 4) });
    await store.addRouteMinute(process, {
      minuteMicros,
      name: 'POST /orders',
      outcome: 'error',
      durationsNanos: durations(12, 30),
    });
  }
  await store.addRouteMinute(process, { name: 'GET /basket', outcome: 'error', durationsNanos: [200 * MILLISECOND] });
  await store.close();
}

async function addSlowTrace(store: StoreFixture, process: number): Promise<void> {
  const root = 'a1'.repeat(8);
  const add = (startMillis: number, millis: number, span: FixtureSpan) =>
    store.addSpan(process, {
      traceId: SLOW_TRACE,
      parentId: root,
      kind: 'internal',
      startMicros: FIXTURE_START_MICROS + 30_000_000 + startMillis * 1_000,
      durationNanos: millis * MILLISECOND,
      ...span,
    });
  const sqlite = { 'db.system.name': 'sqlite' };
  await add(0, 12, { name: 'session', attributes: { 'user.id': 42 } });
  await add(0, 5, { name: 'warm cache', kind: 'client' });
  await add(14, 120, { name: 'load basket', spanId: 'b1'.repeat(8) });
  for (let query = 0; query < 48; query++) {
    await add(15 + query * 2.4, 2 + (query % 3) * 0.1, {
      parentId: 'b1'.repeat(8),
      name: 'SELECT products',
      kind: 'client',
      attributes: { ...sqlite, 'db.rows': query },
    });
  }
  await add(140, 30, { name: 'charge', kind: 'client', outcome: 'error', errorType: 'TimeoutError' });
  await add(175, 20, { name: 'render \u001b]0;pwned\u0007 購物車' });
  await store.addSpan(process, {
    traceId: SLOW_TRACE,
    spanId: root,
    name: 'GET /basket',
    httpMethod: 'GET',
    httpRoute: '/basket',
    httpStatusCode: 500,
    outcome: 'error',
    errorType: '500',
    startMicros: FIXTURE_START_MICROS + 30_000_000,
    durationNanos: 200 * MILLISECOND,
    attributes: { 'user.plan': 'pro' },
  });
}
