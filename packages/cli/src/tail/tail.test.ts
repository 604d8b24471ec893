import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createStoreFixture, makeSpan } from '@ferretjs/core/testing';
import { matchesFilter } from '@ferretjs/queries';
import { describe, expect, it } from 'vitest';
import { emptyDirectory } from '../ferret.fixture.js';
import { openTerminal } from '../terminal.js';
import { follow } from './follow.js';
import { renderSpanLine } from './span-line.js';

const directory = emptyDirectory();
const file = join(directory, 'ferret.db');

async function writeSpan(name: string): Promise<void> {
  const store = await createStoreFixture(file);
  await store.addSpan(await store.addProcess(await store.addRun()), { name });
  await store.close();
}

it('follows a file that comes, is replaced, and ends at the signal', async () => {
  const controller = new AbortController();
  const names: string[] = [];
  const notices: string[] = [];
  const onNotice = (text: string) => {
    notices.push(text);
    if (text.includes('yet')) void writeSpan('first');
  };
  for await (const spans of follow(file, { backlog: 10, onNotice, signal: controller.signal })) {
    for (const { name } of spans) {
      names.push(name);
      if (name === 'second') controller.abort();
      else void rename(file, `${file}.old`).then(() => writeSpan('second'));
    }
  }
  expect(names).toEqual(['first', 'second']);
  expect(notices[0]).toMatch(/There is no file .* yet: waiting/);
  expect(notices.some((text) => text.includes('replaced'))).toBe(true);
});

describe('a filter', () => {
  const span = makeSpan({
    name: 'GET /users',
    durationNanos: 5_000_000,
    outcome: 'error',
    httpStatusCode: 500,
    httpRoute: '/users',
    httpMethod: 'GET',
    errorType: 'TypeError',
    kind: 'server',
    attributes: { plan: 'pro', tags: ['a'] },
  });

  it('takes what all of it holds for', () => {
    for (const [field, value] of [
      ['name', 'GET /users'],
      ['outcome', 'error'],
      ['kind', 'server'],
      ['route', '/users'],
      ['status', '500'],
      ['method', 'GET'],
      ['error.type', 'TypeError'],
      ['attribute:plan', 'pro'],
      ['attribute:tags', '["a"]'],
    ] as const) {
      expect(matchesFilter(span, { where: [{ field, value }] }), field).toBe(true);
      expect(matchesFilter(span, { where: [{ field, value: `${value}x` }] }), field).toBe(false);
    }
    expect(matchesFilter(span, { where: [{ field: 'attribute:toString', value: '' }] })).toBe(false);
    expect(matchesFilter(span, { name: 'USERS', slowerThan: 5_000_000, errors: true })).toBe(true);
    expect(matchesFilter(span, { slowerThan: 5_000_001 })).toBe(false);
    expect(matchesFilter({ ...span, outcome: 'ok' }, { errors: true })).toBe(false);
    expect(matchesFilter(span, { name: 'carts' })).toBe(false);
  });
});

it('a line fits the terminal, whatever the name', () => {
  const terminal = openTerminal(
    { write: () => true, isTTY: true, columns: 40 },
    { write: () => true },
    { NO_COLOR: '1' },
  );
  const line = renderSpanLine(
    terminal,
    makeSpan({ name: `GET /${'検索'.repeat(30)}\u001b`, outcome: 'error', httpStatusCode: 500 }),
  );
  expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}4bf92f35 .*… +5/);
  expect(renderSpanLine(terminal, makeSpan({ name: 'x' }))).toMatch(/ x$/);
});
