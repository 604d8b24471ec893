/** The entry for tools that change a Ferret file without recording into it: backup, deletion, recovery. */

export type { Diagnostic, OnDiagnostic } from './diagnostics.js';
export { FerretError, type FerretErrorCode } from './errors.js';
export { type Backup, type BackupOptions, backupFile } from './sqlite/backup.js';
export {
  type LeftSpill,
  type MaintenanceOptions,
  type Pruned,
  pruneFile,
  type Recovery,
  recoverFile,
} from './sqlite/recover-and-prune.js';
