import { describe, expect, it } from 'vitest';
import { isPreloaded } from './preloaded.js';

describe('isPreloaded', () => {
  it.each<[readonly string[], string | undefined]>([
    [['--import', '@ferretjs/auto'], undefined],
    [['--import=@ferretjs/auto'], undefined],
    [['--require', '@ferretjs/auto'], undefined],
    [['-r', '@ferretjs/auto'], undefined],
    [['--enable-source-maps'], '--import tsx --import @ferretjs/auto'],
    [[], '--require="@ferretjs/auto"'],
  ])('is true for %j with NODE_OPTIONS %j', (execArgv, nodeOptions) => {
    expect(isPreloaded(execArgv, nodeOptions)).toBe(true);
  });

  it.each<[readonly string[], string | undefined]>([
    [[], undefined],
    [['--import', './instrument.mjs'], undefined],
    [['--conditions', '@ferretjs/auto'], undefined],
    [['--title=@ferretjs/auto'], undefined],
    [[], '--import @ferretjs/automatic'],
  ])('is false for %j with NODE_OPTIONS %j', (execArgv, nodeOptions) => {
    expect(isPreloaded(execArgv, nodeOptions)).toBe(false);
  });
});
