import { ExitCodeError, type Terminal } from '../terminal.js';
import { exitCodeOfStart, type ProgramEnd, runProgram } from './run-program.js';

/** `ferret run`: a program with everything instrumented. Ends as the program does. */
export async function run(terminal: Terminal, command: readonly string[]): Promise<void> {
  const { exitCode, signal } = await start(terminal, command);
  if (signal !== null) await endBy(signal);
  if (exitCode !== 0) throw new ExitCodeError(exitCode);
}

async function start(terminal: Terminal, command: readonly string[]): Promise<ProgramEnd> {
  try {
    return await runProgram(command);
  } catch (error) {
    const exitCode = exitCodeOfStart(error);
    if (exitCode === undefined) throw error;
    terminal.complain(`ferret: ${command[0]} cannot be started: ${(error as NodeJS.ErrnoException).code}`);
    throw new ExitCodeError(exitCode);
  }
}

/** Whoever started this command sees the signal that ended the program. */
async function endBy(signal: NodeJS.Signals): Promise<void> {
  process.kill(process.pid, signal);
  // The signal comes with the next turn of the event loop. Where it is ignored, the command ends as a shell does.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  throw new ExitCodeError(1);
}
