/** The commands that write: to the file itself, or a copy of it. One chunk of the bundle. */
export { backup } from './backup/backup.js';
export { prune } from './prune/prune.js';
export { recover } from './recover/recover.js';
