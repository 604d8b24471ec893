import { instrument } from './instrument.js';
import { isPreloaded } from './preloaded.js';

export { FerretError, type FerretErrorCode } from '@ferretjs/core';
export { coverage, type LibraryCoverage, type NotSeen } from './coverage.js';
export { type Instrumented, type InstrumentedWay, instrument } from './instrument.js';
export type { InstrumentOptions } from './options.js';

if (isPreloaded(process.execArgv, process.env['NODE_OPTIONS'])) instrument();
