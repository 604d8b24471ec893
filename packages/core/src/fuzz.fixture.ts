import fc from 'fast-check';

/** Number of inputs for each property: 300 in every run, 100,000 in `npm run test:soak`. */
const RUNS = process.env['FERRET_SOAK'] ? 100_000 : 300;

/** Checks a property with many inputs. A failure names the input, and the seed that reproduces it. */
export function fuzz<Inputs extends unknown[]>(property: fc.IProperty<Inputs>): void {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: RUNS });
}
