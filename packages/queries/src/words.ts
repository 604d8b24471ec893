/** The words of the answers: numbers, durations and times as text, and the names of figures, metrics and rules. */
export { SORT_COLUMNS, SOURCES } from './analyze/names.js';
export { METRICS, parseFailRule } from './diff/fail-rule.js';
export { escapeControls } from './words/escape.js';
export { countOf, formatChange, formatCount, formatPercent, formatRate } from './words/numbers.js';
export { formatIsoTime, formatTime, microsOf } from './words/time.js';
export { formatDuration, formatSize } from './words/units.js';
