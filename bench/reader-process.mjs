// Loaded before a command: tells its peak memory, in KB, to the one who started it.
import { writeSync } from 'node:fs';

const MEASUREMENT = 3;
process.on('exit', () => writeSync(MEASUREMENT, String(process.resourceUsage().maxRSS)));
