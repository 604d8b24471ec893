import { FerretError } from '@ferretjs/core';
import { describe, expect, it } from 'vitest';
import { acceptOptions, type InstrumentOptions } from './options.js';

const LIBRARIES = ['pg', 'koa', 'undici'];
const accept = (options: unknown, environment = {}) =>
  acceptOptions(options as InstrumentOptions, LIBRARIES, environment);

describe('the options of instrument()', () => {
  it('are all optional', () => {
    expect(accept({})).toEqual({ only: undefined, except: undefined, propagateTo: undefined, messaging: undefined });
  });

  it('are read from the environment where they are not given', () => {
    const environment = {
      FERRET_INSTRUMENT_ONLY: 'pg, koa',
      FERRET_INSTRUMENT_EXCEPT: '',
      FERRET_PROPAGATE_TO: 'a.test,.b.test',
      FERRET_MESSAGING: 'continue',
    };
    expect(accept({}, environment)).toEqual({
      only: ['pg', 'koa'],
      except: undefined,
      propagateTo: ['a.test', '.b.test'],
      messaging: 'continue',
    });
    expect(accept({ only: ['undici'] }, environment).only).toEqual(['undici']);
  });

  it.each<[unknown, RegExp]>([
    [{ only: ['pgg'] }, /option only got "pgg", and accepts the names pg, koa, undici/],
    [{ except: 'pg' }, /option except got "pg", and accepts a list/],
    [{ only: ['pg'], except: ['koa'] }, /exclude each other/],
    [{ onyl: [] }, /no option onyl/],
    [{ propagateTo: [7] }, /option propagateTo got a list/],
    [{ messaging: 'ignore' }, /option messaging got "ignore", and accepts "link" or "continue"/],
    [null, /options got object/],
  ])('%j is refused, with the reason', (options, message) => {
    expect(() => accept(options)).toThrow(message);
    expect(() => accept(options)).toThrow(FerretError);
  });
});
