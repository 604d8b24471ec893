import { budget } from './budget.mjs';
import { drivers } from './drivers.mjs';
import { growth } from './growth.mjs';
import { libraries } from './libraries.mjs';
import { overhead } from './overhead.mjs';
import { pipeline } from './pipeline.mjs';
import { reader } from './reader.mjs';
import { recording } from './recording.mjs';
import { seam } from './seam.mjs';
import { startup } from './startup.mjs';
import { statistics } from './statistics.mjs';
import { writer } from './writer.mjs';
import { writers } from './writers.mjs';

/**
 * All parts of the benchmark, in the order of the results page. A part has a `name`, a `title`, the `seconds` it takes
 * on a quiet machine, its plans in `full` and in the `short` form, `measure(plan, say)`, which resolves to plain data,
 * `describe(data)`, which makes Markdown of that, perhaps `plots(data)`, and `linuxOnly` if it reads /proc.
 */
export const PARTS = [
  overhead,
  recording,
  seam,
  libraries,
  pipeline,
  writer,
  writers,
  drivers,
  reader,
  growth,
  startup,
  statistics,
  budget,
];
