/**
 * Instruments everything: `node --import @ferretjs/auto/register app.js`. `ferret run` loads this entry by its path; to
 * type, `node --import @ferretjs/auto app.js` is shorter, and the same.
 */
import { instrument } from './index.js';

instrument();
