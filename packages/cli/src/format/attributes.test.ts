import { describe, expect, it } from 'vitest';
import { describeAttributes } from './attributes.js';

describe('describeAttributes', () => {
  it('shows texts as they are and the rest as JSON', () => {
    expect(describeAttributes({ team: 'growth', 'user.id': 42, tags: ['a', 'b'], paid: true })).toBe(
      'team=growth user.id=42 tags=["a","b"] paid=true',
    );
  });

  it('leaves out what every line has, and counts what there is no room for', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, index]));
    expect(
      describeAttributes({
        'http.route': '/a',
        'url.scheme': 'http',
        'server.port': 80,
        'exception.stacktrace': 'x',
        ...many,
      }),
    ).toBe('k0=0 k1=1 k2=2 k3=3 k4=4 k5=5 +3');
  });

  it('shortens long keys and values between characters, and escapes both', () => {
    expect(describeAttributes({ long: '👍'.repeat(50) })).toBe(`long=${'👍'.repeat(40)}…`);
    expect(describeAttributes({ ['k'.repeat(41)]: 1 })).toBe(`${'k'.repeat(40)}…=1`);
    expect(describeAttributes({ '\u001b[1m': '\u202e', list: ['\u009b'] })).toBe('\\x1b[1m=\\u202e list=["\\x9b"]');
  });
});
