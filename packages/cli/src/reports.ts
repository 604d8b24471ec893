/**
 * The commands that print a report. One chunk of the bundle: a start that reads two files is sooner done than one of
 * ten.
 */
export { analyze } from './analyze/analyze.js';
export { showSelfTimes } from './analyze/self-times.js';
export { showSlowest } from './analyze/slowest-requests.js';
export { showTrees } from './analyze/slowest-traces.js';
export { listCrashes } from './crashes/list-crashes.js';
export { doctor } from './doctor/doctor.js';
export { listRuns } from './runs/list-runs.js';
export { tail } from './tail/tail.js';
export { showTrace } from './trace/show-trace.js';
