import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchOf, identityOfProcess, ledgerOf, spanOf } from './spill.fixture.js';
import { decode, encodeBatch, encodeEnd } from './spill-record.js';

const me = identityOfProcess('p');
const without = (line: Buffer) => line.subarray(0, -1);

function sealed(json: string): Buffer {
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}`);
}

describe('a batch in a line', () => {
  it('comes back as it was, what is shared still shared', () => {
    const sharedAttributes = Object.freeze({ 'url.scheme': 'http' });
    const request = spanOf(
      { sharedAttributes, httpMethod: 'GET', httpRoute: '/', httpStatusCode: 500, outcome: 'error', errorType: '500' },
      { 'url.path': '/ü\n\u2028', list: [1, 'a', true], 'exception.message': '"\\' },
    );
    const batch = {
      id: 7,
      ledger: ledgerOf({ started: 3, spilled: 3 }),
      spans: [request, spanOf({ sharedAttributes }), spanOf()],
    };
    const record = decode(without(encodeBatch(me, batch)));
    expect(record).toMatchObject({ process: me, batch: { id: 7, ledger: batch.ledger } });
    if (typeof record === 'string' || !('batch' in record)) throw new Error('no batch');
    const fields = Object.keys(record.batch.spans[0]!) as (keyof typeof request)[];
    record.batch.spans.forEach((span, index) => {
      for (const field of fields) expect(span[field as never], field).toEqual(batch.spans[index]![field]);
    });
    expect(record.batch.spans[0]?.sharedAttributes).toBe(record.batch.spans[1]?.sharedAttributes);
  });

  it('that was deferred says so', () => {
    expect(decode(without(encodeBatch(me, { ...batchOf(1), isDeferred: true })))).toMatchObject({
      batch: { id: 1, isDeferred: true },
    });
    expect(decode(without(encodeBatch(me, batchOf(1))))).toMatchObject({ batch: { id: 1, isDeferred: false } });
  });

  it('keeps links and events', () => {
    const links = [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), flags: 0x301, attributes: { a: [1] } }];
    const span = spanOf({ links, events: [{ name: 'retry', timeMicros: 5 }] });
    const record = decode(without(encodeBatch(me, { ...batchOf(1), spans: [span, spanOf()] })));
    if (typeof record === 'string' || !('batch' in record)) throw new Error('no batch');
    expect(record.batch.spans[0]).toMatchObject({ links, events: [{ name: 'retry', timeMicros: 5 }] });
    expect(record.batch.spans[1]).toMatchObject({ links: undefined, events: undefined });
  });

  it('is one line, whatever its texts hold', () => {
    const line = encodeBatch(me, { ...batchOf(1), spans: [spanOf({ name: 'a\nb\r\u2028' })] });
    expect(line.indexOf('\n')).toBe(line.length - 1);
  });
});

describe('the end of a process in a line', () => {
  it('comes back as it was', () => {
    const end = { process: me, end: 'uncaughtException', endedAtMicros: 5, ledger: ledgerOf({ started: 1 }) } as const;
    expect(decode(without(encodeEnd(end)))).toMatchObject(end);
  });
});

describe('a line that is no record', () => {
  const line = without(encodeBatch(me, batchOf(1)));

  it('is recognised wherever it was torn off', () => {
    for (let length = 0; length < line.length; length += 1) expect(decode(line.subarray(0, length))).toBe('damaged');
  });

  it('is recognised wherever a bit of it has changed', () => {
    for (let at = 9; at < line.length; at += 1) {
      const changed = Buffer.from(line);
      changed[at]! ^= 1;
      expect(decode(changed)).toBe('damaged');
    }
  });

  it('is recognised where its checksum has changed', () => {
    for (let at = 0; at < 8; at += 1) {
      const changed = Buffer.from(line);
      changed[at] = changed[at] === 0x30 ? 0x31 : 0x30;
      expect(decode(changed)).toBe('damaged');
    }
  });

  it('is damaged, too, if it is whole and still no record', () => {
    expect(decode(sealed('no JSON at all'))).toBe('damaged');
    expect(decode(sealed('null'))).toBe('damaged');
    expect(decode(sealed('{"version":1}'))).toBe('damaged');
  });

  it('is told apart if a newer version wrote it', () => {
    expect(decode(sealed('{"version":99,"rows":"in another way"}'))).toBe('newer');
  });
});
