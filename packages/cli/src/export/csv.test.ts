import { makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { exportCsv } from './csv.js';
import { asIterable, textOf } from './span.fixture.js';

const HEADER =
  'trace_id,span_id,parent_id,run_id,process_key,pid,thread_id,name,kind,start_us,duration_ns,outcome,' +
  'http_method,http_route,http_status_code,error_type,attributes,keep_reason,keep_probability,links,events\r\n';

describe('CSV', () => {
  it('has a header, and the columns of the file’s view', async () => {
    const span = makeSpan({
      httpMethod: 'GET',
      httpRoute: '/',
      httpStatusCode: 500,
      outcome: 'error',
      errorType: '500',
      keepReason: 'error',
      keepProbability: 0.5,
    });
    expect(await textOf(exportCsv(asIterable(span)))).toBe(
      `${HEADER}4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7,,run-1,process-1,4711,0,GET /,server,` +
        '1767225600000000,1000000,error,GET,/,500,500,{},error,0.5,,\r\n',
    );
    expect(await textOf(exportCsv(asIterable()))).toBe(HEADER);
  });

  it('has links and events as JSON', async () => {
    const events = [{ name: 'retry', timeMicros: 5 }];
    expect(await textOf(exportCsv(asIterable(makeSpan({ events }))))).toMatch(
      /,,"\[\{""name"":""retry"",""timeMicros"":5\}\]"\r\n$/,
    );
  });

  it('quotes what RFC 4180 says, and leaves other text alone', async () => {
    const text = await textOf(
      exportCsv(asIterable(makeSpan({ name: 'a "b", c\r\nd', attributes: { käse: '😀\u2028' } }))),
    );
    expect(text).toContain(',"a ""b"", c\r\nd",');
    expect(text).toContain(',"{""käse"":""😀\u2028""}",,,,\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x")'])(
    'disarms a text that a spreadsheet would run: %j',
    async (name) => {
      const span = makeSpan({ name, httpRoute: name, errorType: name, runId: name, processKey: name });
      const text = await textOf(exportCsv(asIterable(span)));
      const quoted = `'${name.replaceAll('"', '""')}`;
      const cell = /["\r]/.test(quoted) ? `"${quoted}"` : quoted;
      expect(text.split(cell)).toHaveLength(6);
    },
  );

  it('leaves negative numbers as they are', async () => {
    expect(await textOf(exportCsv(asIterable(makeSpan({ startMicros: -5 }))))).toContain(',-5,');
  });

  it('goes on after a batch', async () => {
    const spans = Array.from({ length: 1_001 }, () => makeSpan());
    expect((await textOf(exportCsv(asIterable(...spans)))).trimEnd().split('\r\n')).toHaveLength(1_002);
  });
});
