// The arrows of docs/architecture.md, held by `npm run lint`. scripts/check-import-rules.mjs shows that each one bites.
const core = 'packages/core/src';
const tests = '\\.(test|fixture)\\.ts$';

/** Errors and diagnostics: most rooms report problems. */
const words = ['errors', 'diagnostics'];
/** For rooms that keep texts, or that run on an application's stack, which may be full. */
const memory = ['owned-text', 'bounded-memo', 'stack-room'];

/** A folder of core may import these and nothing else of core: files without their ending, or folders. */
const room = (name, allowed) => ({
  name: `core-${name.replace('/', '-')}`,
  severity: 'error',
  comment: `${core}/${name} may import ${allowed.join(', ')} only`,
  from: { path: `^${core}/${name}/`, pathNot: tests },
  to: {
    path: `^${core}/`,
    pathNot: [`^${core}/${name}/`, ...allowed.map((path) => `^${core}/${path}${path.endsWith('/') ? '' : '\\.ts$'}`)],
  },
});

/** A package may import these and nothing else but Node's own modules. */
const only = (name, allowed) => ({
  name: `${name}-dependencies`,
  severity: 'error',
  from: { path: `^packages/${name}/src`, pathNot: tests },
  to: { pathNot: [`^packages/${name}/src`, ...allowed], dependencyTypesNot: ['core'] },
});

/** Entries of a package, as its `exports` name them. */
const entries = (name, ...names) => `^packages/${name}/(src|dist/(esm|cjs))/(${names.join('|')})\\.`;

/** What adapters see of core. */
const adapterSide = entries('core', 'index', 'adapter');

/**
 * Every entry that a package has. What is not built is no entry: bench, e2e and the tests of a package run what is
 * published.
 */
const publicEntries =
  '^packages/[^/]+/dist/(esm|cjs)/(index|adapter|container|diff|maintenance|reader|routes|sql|testing|words)\\.';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types count.',
      from: {},
      to: { circular: true },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^packages/', pathNot: tests }, to: {} },
    { name: 'no-unresolved', severity: 'error', from: { path: '^packages/' }, to: { couldNotResolve: true } },
    {
      name: 'no-internals-of-packages',
      severity: 'error',
      comment: 'A package is what its `exports` name, for the tests of another package too.',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/(src|dist)/', pathNot: ['^packages/$1/', publicEntries] },
    },
    {
      name: 'no-internals-outside',
      severity: 'error',
      comment: 'Benchmarks, end-to-end tests and scripts see what users see.',
      from: { path: '^(bench|e2e|scripts)/' },
      to: { path: '^packages/[^/]+/(src|dist)/', pathNot: publicEntries },
    },

    room('attributes', ['synchronous', ...memory]),
    room('trace', ['attributes/', 'process-wide', 'synchronous', ...memory]),
    room('statistics', ['trace/', ...memory]),
    room('sampling', ['trace/', 'statistics/', 'option-rules', ...words, ...memory]),
    room('http', ['trace/', 'attributes/', 'synchronous', ...memory]),
    room('sql', []),
    room('sink', ['trace/', 'statistics/', 'process/process-identity', 'errors']),
    room('pipeline', ['sink/', 'process/process-identity', 'trace/', 'statistics/', ...words, ...memory]),
    room('process', ['trace/clock', 'attributes/attribute-value']),
    room('spill', ['sink/', 'process/', 'trace/', 'statistics/', 'open-safely', ...words]),
    room('sqlite', ['sink/', 'spill/', 'process/', 'trace/', 'statistics/', 'open-safely', 'process-wide', ...words]),
    room('sqlite/file', ['process/', 'sink/sink', 'open-safely', 'process-wide', ...words]),
    room('sqlite/store', ['sqlite/file/', 'process/', 'sink/', 'trace/', 'statistics/', 'errors']),
    room('sqlite/retention', ['sqlite/file/', 'process/', 'trace/clock']),
    room('sqlite/recovery', ['sqlite/file/', 'sqlite/store/', 'spill/', 'process/', 'sink/', 'trace/clock', ...words]),
    room('sqlite/reader', [
      'sqlite/file/',
      'process/process-liveness',
      'spill/(last-word|spill-file)',
      'sink/ledger',
      'statistics/histogram',
      'trace/span',
      'errors',
    ]),
    room('testing', [
      'ferret/default-ferret',
      'sink/',
      'process/process-identity',
      'trace/(span|clock)',
      'sqlite/file/',
      'sqlite/reader/spans',
      'statistics/histogram',
      'errors',
    ]),
    {
      name: 'testing-apart',
      severity: 'error',
      comment: 'Nothing that records or reads stands on what is for tests.',
      from: { path: `^${core}/`, pathNot: [`^${core}/testing(\\.ts$|/)`, tests] },
      to: { path: `^${core}/testing` },
    },
    {
      name: 'reader-alone',
      severity: 'error',
      comment: 'Reading a file loads neither the pipeline nor the tracer. trace/span.ts holds nothing but types.',
      from: { path: `^${core}/((open-)?reader\\.ts|sqlite/(reader|file)/)`, pathNot: tests },
      to: {
        path: `^${core}/(trace|attributes|sampling|http|pipeline|ferret)/|/rxjs/`,
        pathNot: `^${core}/trace/span\\.ts$`,
      },
    },
    {
      name: 'one-composition-root',
      severity: 'error',
      comment: 'Only the entries, testing/ and ferret/ itself know ferret/.',
      from: { path: `^${core}/`, pathNot: [`^${core}/(index|adapter)\\.ts$`, `^${core}/(ferret|testing)/`, tests] },
      to: { path: `^${core}/ferret/` },
    },
    only('core', ['node_modules/(rxjs|sqlite3)/']),
    only('express', [adapterSide, 'node_modules/(@types/)?express/']),
    only('koa', [adapterSide, 'node_modules/(@types/)?koa/']),
    only('nest', [adapterSide, entries('express', 'index'), 'node_modules/(@nestjs/(common|core)|rxjs)/']),
    {
      name: 'framework-types-only',
      severity: 'error',
      comment: "The code of Express and Koa is the application's.",
      from: { path: '^packages/(express|koa)/src', pathNot: tests },
      to: { path: 'node_modules/(@types/)?(express|koa)/', dependencyTypesNot: ['type-only'] },
    },
    only('auto', [
      adapterSide,
      entries('core', 'sql'),
      entries('express', 'routes'),
      entries('koa', 'routes'),
      entries('nest', 'container'),
    ]),
    only('opentelemetry', [adapterSide, entries('core', 'sql'), 'node_modules/@opentelemetry/api/']),
    only('queries', [entries('core', 'reader')]),
    {
      name: 'queries-types-only',
      severity: 'error',
      comment: 'A reader of any store will do: what is asked of spans loads none.',
      from: { path: '^packages/queries/src', pathNot: tests },
      to: { path: '^packages/core/', dependencyTypesNot: ['type-only'] },
    },
    only('cli', [
      entries('core', 'reader', 'maintenance'),
      entries('queries', 'index', 'diff', 'words'),
      'node_modules/(commander|csv-stringify|picocolors|string-width)/',
    ]),
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['/dist/.*\\.tsbuildinfo$', '/coverage/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'types', 'default'], exportsFields: ['exports'] },
    combinedDependencies: false,
  },
};
