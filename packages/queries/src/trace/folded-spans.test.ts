import { describe, expect, it } from 'vitest';
import { addUp, foldedInto, foldedSiblings, withoutFolded } from './folded-spans.js';

const attributes = {
  'ferret.folded': 15,
  'ferret.folded.names': ['SELECT users', 'load'],
  'ferret.folded.counts': [12, 3],
  'ferret.folded.durations_ns': [2_000_000, 5_000_000],
  'ferret.folded.errors': [1, 0],
  plan: 'pro',
};

const SELECT = { name: 'SELECT users', count: 12, totalNanos: 2_000_000, selfNanos: undefined, errors: 1 };
const LOAD = { name: 'load', count: 3, totalNanos: 5_000_000, selfNanos: undefined, errors: 0 };

describe('spans that are folded into another', () => {
  it('are read from its attributes, the name that took most time first', () => {
    expect(foldedInto({ attributes })).toEqual([LOAD, SELECT]);
    expect(withoutFolded(attributes)).toEqual({ plan: 'pro' });
  });

  it('are added up by name', () => {
    expect(addUp([LOAD, SELECT, { ...SELECT, totalNanos: 4_000_000 }])).toEqual([
      { name: 'SELECT users', count: 24, totalNanos: 6_000_000, selfNanos: undefined, errors: 2 },
      LOAD,
    ]);
  });

  it('are siblings of it, if it is the row of repeats', () => {
    expect(foldedSiblings({ attributes })).toBeUndefined();
    const repeats = {
      'ferret.folded.siblings': 208,
      'ferret.folded.busy_ns': 3_000_000,
      'ferret.folded.parameters': 209,
      'ferret.folded.self_ns': [1_000_000, 4_000_000],
    };
    expect(foldedSiblings({ attributes: repeats })).toEqual({ count: 208, busyNanos: 3_000_000, parameters: 209 });
    expect(addUp(foldedInto({ attributes: { ...attributes, ...repeats } }))).toEqual([
      { ...LOAD, selfNanos: 4_000_000 },
      { ...SELECT, selfNanos: 1_000_000 },
    ]);
  });

  it.each([
    {},
    { 'ferret.folded': 'many' },
    { 'ferret.folded.names': 'SELECT' },
    { 'ferret.folded.names': ['SELECT'] },
    { 'ferret.folded.names': ['SELECT'], 'ferret.folded.counts': 12 },
    { 'ferret.folded.names': ['SELECT', null], 'ferret.folded.counts': [-1, 1e300], 'ferret.folded.durations_ns': {} },
  ])('are none where a file holds something else: %j', (planted) => {
    expect(foldedInto({ attributes: planted as never })).toEqual([]);
  });
});
