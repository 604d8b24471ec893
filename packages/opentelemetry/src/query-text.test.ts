import { describe, expect, it } from 'vitest';
import { maskQuery } from './query-text.js';

describe('the text of a query', () => {
  it.each([
    ['postgresql', "SELECT * FROM a WHERE b = 'canary'", 'SELECT * FROM a WHERE b = ?', 'SELECT a'],
    ['postgresql', 'SET search_path TO x', 'SET search_path TO x', 'SET'],
    ['mssql', 'SELECT [a] FROM b -- canary', 'SELECT [a] FROM b', 'SELECT b'],
    ['mysql', 'SELECT "canary"', 'SELECT ?', 'SELECT'],
    ['oracle', "BEGIN f('canary'); END;", 'BEGIN f(?); END;', 'BEGIN END'],
    [undefined, ' (select 5 from a', '(select ? from a', 'select a'],
    ['redis', 'SET canary canary', 'SET', undefined],
    ['redis', 'json.set canary', 'json.set', undefined],
    ['redis', 'canary:1 x', undefined, undefined],
    ['memcached', 'get canary', 'get', undefined],
    ['mongodb', '{"find":"canary"}', undefined, undefined],
    [undefined, 'SET canary canary', undefined, undefined],
    ['elasticsearch', '{"query":{"match":{"name":"canary"}}}', undefined, undefined],
    ['unheard of', 'fetch canary', undefined, undefined],
    ['postgresql', '', '', undefined],
  ])('%s: %s', (system, query, text, summary) => {
    expect(maskQuery(query, system)).toEqual({ text, summary });
  });
});
