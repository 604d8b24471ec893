import { main } from './main.js';
import { openTerminal } from './terminal.js';

// A reader that has seen enough (`ferret analyze | head -1`) is no failure. The command still ends by itself: it may
// have files to close.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`ferret: standard output cannot be written: ${error.code ?? error.message}.\n`);
  process.exit(1);
});

// Not process.exit(): text that was written to a pipe may still be on its way. Not `await`: the bundle is CommonJS.
void main(process.argv.slice(2), openTerminal(process.stdout, process.stderr, process.env)).then((code) => {
  process.exitCode = code;
});
