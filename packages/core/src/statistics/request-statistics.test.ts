import { describe, expect, it } from 'vitest';
import { DURATION_BOUNDS, RequestStatistics } from './request-statistics.js';
import { spanRecord } from './span.fixture.js';

describe('request statistics', () => {
  it('count by method, route, status and error', () => {
    const statistics = new RequestStatistics();
    statistics.record(spanRecord());
    statistics.record(spanRecord());
    statistics.record(spanRecord({ httpMethod: 'PUT' }));
    statistics.record(spanRecord({ httpStatusCode: 500, errorType: '500', outcome: 'error' }));
    statistics.record(spanRecord({ httpRoute: undefined, httpStatusCode: 404 }));
    statistics.record(spanRecord({ httpStatusCode: undefined, errorType: 'aborted', outcome: 'aborted' }));

    const series = [...statistics.series()].map(({ method, route, statusCode, errorType, count }) =>
      [method, route, statusCode, errorType, count].join(' '),
    );

    expect(series.sort()).toEqual([
      'GET  404  1',
      'GET /users/:id  aborted 1',
      'GET /users/:id 200  2',
      'GET /users/:id 500 500 1',
      'PUT /users/:id 200  1',
    ]);
  });

  it('count in buckets that include their upper bound', () => {
    const statistics = new RequestStatistics();
    for (const nanos of [0, 5_000_000, 5_000_001, 10_000_000_000, 10_000_000_001]) {
      statistics.record(spanRecord({ durationNanos: nanos }));
    }
    const [series] = [...statistics.series()];
    expect(series?.buckets).toEqual([2, 1, ...new Array(DURATION_BOUNDS.length - 3).fill(0), 1, 1]);
    expect(series).toMatchObject({ count: 5, sumNanos: 20_010_000_002 });
  });

  it('have at most 2,000 series, and one for the rest', () => {
    const statistics = new RequestStatistics();
    for (let index = 0; index < 100_000; index++) statistics.record(spanRecord({ httpRoute: `/${index}` }));
    const series = [...statistics.series()];
    expect(series).toHaveLength(2_001);
    expect(series.at(-1)).toMatchObject({ isOverflow: true, count: 98_000, route: undefined });

    statistics.record(spanRecord({ httpRoute: '/7' }));
    expect(series.find(({ route }) => route === '/7')?.count).toBe(2);
  });

  it('have at most 64 series for one route', () => {
    const statistics = new RequestStatistics();
    for (let index = 0; index < 1_000; index++) statistics.record(spanRecord({ errorType: `Error${index}` }));
    expect([...statistics.series()].map(({ count }) => count)).toEqual([...new Array(64).fill(1), 936]);
  });
});
