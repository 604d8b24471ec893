import { expect, it } from 'vitest';
import { SpanIds } from './ids.js';

it('makes ids as W3C Trace Context has them', () => {
  const ids = SpanIds.root();
  expect(ids.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(ids.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(ids.parentId).toBeUndefined();
});

it('does not repeat itself as its pool is refilled', () => {
  expect(new Set(Array.from({ length: 20_000 }, () => SpanIds.root().spanId)).size).toBe(20_000);
});

it('puts a span below another one, or below one of another process', () => {
  const root = SpanIds.root();
  const child = SpanIds.below(root);
  expect([child.traceId, child.parentId]).toEqual([root.traceId, root.spanId]);
  expect(child.spanId).not.toBe(root.spanId);
  const [traceId, parentId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  expect(SpanIds.continuing(traceId, parentId)).toMatchObject({ traceId, parentId });
});

it.each([
  ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', 'ffffffff00000001'],
  ['00000000000000000000000000000001', '8000000000000000', undefined],
])('knows what it has read, as text and as bytes: %s', (traceId, spanId, parentId) => {
  const ids = SpanIds.parse(traceId, spanId, parentId);
  expect(ids).toMatchObject({ traceId, spanId, parentId });
  const bytes = Buffer.alloc(SpanIds.BYTES);
  ids.writeTo(new DataView(bytes.buffer, bytes.byteOffset), 0);
  expect(bytes.toString('hex')).toBe(traceId + spanId + (parentId ?? '0'.repeat(16)));
});
