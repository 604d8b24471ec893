// Prints how much memory the process had at most, in kilobytes, as the last line of its standard error.
const { writeSync } = require('node:fs');

process.on('exit', () => writeSync(2, `peak memory: ${process.resourceUsage().maxRSS}\n`));
