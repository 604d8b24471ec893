import { currentSpan } from '@ferretjs/core';
import { describe, expect, it } from 'vitest';
import { offerHelper } from './prisma.js';
import { below } from './request.fixture.js';

interface Helper {
  isEnabled(): boolean;
  getTraceParent(): string;
  runInChildSpan(work: unknown, callback: () => unknown): unknown;
}

const holder: { V7_PRISMA_INSTRUMENTATION?: { helper: Helper } } = {};
offerHelper(holder);
const helper = holder.V7_PRISMA_INSTRUMENTATION?.helper as Helper;
const FIND = { name: 'operation', attributes: { method: 'findMany', model: 'User', name: 'User.findMany' } };

describe('an operation of Prisma', () => {
  it('is a span, which is the current one for what it asks of its driver', async () => {
    const seen: unknown[] = [];
    const spans = await below(async () => {
      const request = currentSpan();
      const rows = await helper.runInChildSpan(FIND, async () => {
        seen.push(currentSpan()?.parentId === request?.spanId);
        return [{ id: 1 }];
      });
      seen.push(
        rows,
        helper.runInChildSpan({ name: 'operation', attributes: { method: 'queryRaw' } }, () => 'raw'),
      );
    });
    expect(seen).toEqual([true, [{ id: 1 }], 'raw']);
    expect(spans).toMatchObject([
      { name: 'findMany User', attributes: { 'db.operation.name': 'findMany', 'db.collection.name': 'User' } },
      { name: 'queryRaw' },
    ]);
  });

  it('fails with class and code, and throws the very error', async () => {
    class PrismaClientKnownRequestError extends Error {
      code = 'P2002';
    }
    const error = new PrismaClientKnownRequestError('secret');
    const spans = await below(async () => {
      await expect(helper.runInChildSpan(FIND, () => Promise.reject(error))).rejects.toBe(error);
      const fail = () => {
        throw error;
      };
      expect(() => helper.runInChildSpan(FIND, fail)).toThrow(error);
    });
    const failed = {
      errorType: 'PrismaClientKnownRequestError',
      attributes: { 'db.response.status_code': 'P2002', 'exception.message': '' },
    };
    expect(spans).toMatchObject([failed, failed]);
  });

  it('is the only piece of its work that is seen', async () => {
    const pieces = ['compile', { name: 'db_query', attributes: {} }, { name: 'operation' }, null, 7];
    expect(await below(() => pieces.map((piece) => helper.runInChildSpan(piece, () => 1)))).toEqual([]);
    expect(helper.runInChildSpan(FIND, () => currentSpan())).toBeUndefined();
    expect([helper.isEnabled(), helper.getTraceParent()]).toEqual([false, '00-10-10-00']);
  });
});

it('leaves a helper of somebody else where it is', () => {
  const taken = { V7_PRISMA_INSTRUMENTATION: { helper: 'another' } };
  offerHelper(taken);
  expect(taken.V7_PRISMA_INSTRUMENTATION.helper).toBe('another');
});
