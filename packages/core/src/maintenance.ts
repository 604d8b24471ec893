/** For tools: what changes a Ferret file without recording into it. */

export type { Diagnostic, OnDiagnostic } from './diagnostics.js';
export { FerretError, type FerretErrorCode } from './errors.js';
export {
  type LeftSpill,
  type MaintenanceOptions,
  type Pruned,
  pruneFile,
  type Recovery,
  recoverFile,
} from './sqlite/recover-and-prune.js';
