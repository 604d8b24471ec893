import { main } from './main.js';
import { openTerminal } from './terminal.js';

// A reader that has seen enough (`ferret analyze | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

// Not process.exit(): what was written to a pipe may still be on its way.
process.exitCode = await main(process.argv.slice(2), openTerminal(process.stdout, process.stderr, process.env));
