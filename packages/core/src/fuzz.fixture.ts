import fc from 'fast-check';

/** Inputs that a property is tried with: some in every run, 100,000 for each parser in `npm run test:soak`. */
const RUNS = process.env['FERRET_SOAK'] ? 100_000 : 300;

/** Tries a property with many inputs. A failure names the input, and the seed that brings it back. */
export function fuzz<Inputs extends unknown[]>(property: fc.IProperty<Inputs>): void {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: RUNS });
}
