/** For tools: what changes a Ferret file without recording into it. */
export { FerretError, type FerretErrorCode } from './errors.js';
export type { Diagnostic, OnDiagnostic } from './pipeline/diagnostics.js';
export {
  type LeftSpill,
  type MaintenanceOptions,
  type Pruned,
  pruneFile,
  type Recovery,
  recoverFile,
} from './sqlite/maintenance.js';
