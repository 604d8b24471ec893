/** Nested calls that must still fit. Each takes 130 to 220 bytes: some 50 KB of Node's default stack of 984 KB. */
const CALLS = 400;

/**
 * Whether enough stack is left for work that a RangeError must not interrupt halfway. JavaScript cannot ask for the
 * size of the stack, so this makes nested calls. It takes about 4 us, too long for every span.
 */
export function hasStackLeft(): boolean {
  try {
    descend(CALLS, 1, 2, 3, 4, 5, 6, 7, 8);
    return true;
  } catch {
    return false;
  }
}

/** The parameters only make each stack frame large. */
function descend(
  calls: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): number {
  return calls === 0 ? a + b + c + d + e + f + g + h : descend(calls - 1, b, c, d, e, f, g, h, a) + 1;
}

/**
 * Makes V8 compile a pattern now, for one-byte and two-byte strings, to bytecode and to machine code. V8 otherwise
 * compiles on first use, and ends the process if the stack is too full for that ("RegExpCompiler Allocation failed").
 * Patterns that run on the application's stack are therefore compiled in advance.
 */
export function compiled(pattern: RegExp): RegExp {
  for (let run = 0; run < 3; run++) {
    for (const text of ['a', '\u0100']) pattern.test(text);
  }
  pattern.lastIndex = 0;
  return pattern;
}
