import { expect, it } from 'vitest';
import { createSpanId, createTraceId } from './ids.js';

it('makes ids as W3C Trace Context has them', () => {
  expect(createSpanId()).toMatch(/^[0-9a-f]{16}$/);
  expect(createTraceId()).toMatch(/^[0-9a-f]{32}$/);
});

it('does not repeat itself as its pool is refilled', () => {
  expect(new Set(Array.from({ length: 20_000 }, createSpanId)).size).toBe(20_000);
});
