/** Comparisons of two runs, or two times. An entry of its own: their statistics are half of this package. */
export type { Verdict } from './diff/compare.js';
export {
  type ChangeSummary,
  type ComparedName,
  compareSides,
  type Difference,
  type FailedChange,
  type OneSidedName,
  type RuleResult,
  readSides,
  type SideSummary,
} from './diff/difference.js';
export { describeRise, type Unjudged } from './diff/fail-on.js';
export type { FailRule, Metric } from './diff/fail-rule.js';
export type { ReadSide, Side, SideRequest, SideSource } from './diff/side.js';
