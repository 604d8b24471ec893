export { type Analysis, type AnalyzeQuery, analyze } from './analyze/analyze.js';
export { type DistributionScale, distributionScale } from './analyze/distribution.js';
export type { FiguresQuery, Group } from './analyze/figures.js';
export type { SortColumn, Source } from './analyze/names.js';
export { type SelfTime, type SelfTimes, type SelfTimesQuery, selfTimes } from './analyze/self-times.js';
export {
  type EmptyReason,
  type SlowestQuery,
  type SlowestRequests,
  type SlowestTraces,
  type SlowRequest,
  slowestRequests,
  slowestTraces,
} from './analyze/slowest.js';
export {
  type CrashesQuery,
  type CrashList,
  type CrashSummary,
  listCrashes,
  type SpanInFlight,
  summaryOfCrash,
} from './crashes/list-crashes.js';
export { type Examination, type ExamineQuery, examine } from './doctor/examine.js';
export type { RetentionLimits } from './doctor/examine-growth.js';
export type { Finding } from './doctor/finding.js';
export { QueryError, type QueryErrorCode } from './query-error.js';
export { type ListedRun, listRuns, type RunList } from './runs/list-runs.js';
export { describeLosses } from './runs/losses.js';
export type { Report } from './runs/report.js';
export { type ProcessSummary, type RunSummary, summaryOf } from './runs/run.js';
export { ALL_RUNS, findScope, type Scope } from './runs/scope.js';
export { matchesFilter, type TailFilter } from './tail/span-filter.js';
export { criticalPath } from './trace/critical-path.js';
export { type FoldedNode, foldSiblings } from './trace/fold-siblings.js';
export {
  addUp,
  countFolded,
  type FoldedSiblings,
  type FoldedSum,
  foldedInto,
  foldedSiblings,
  withoutFolded,
} from './trace/folded-spans.js';
export { buildTrees, nodesOf, type SpanNode } from './trace/trace-tree.js';
