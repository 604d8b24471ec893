// The arrows of docs/architecture.md. `npm run lint` holds them; scripts/import-rules.test.mjs shows that each one bites.
const core = 'packages/core/src';
const tests = '\\.(test|fixture)\\.ts$';

/** A folder of core may import these and nothing else of core. */
const room = (name, allowed) => ({
  name: `core-${name}`,
  severity: 'error',
  comment: `${core}/${name} may import ${allowed.join(', ')} only`,
  from: { path: `^${core}/${name}/`, pathNot: tests },
  to: { path: `^${core}/`, pathNot: [`^${core}/${name}/`, ...allowed.map((path) => `^${core}/${path}`)] },
});

/** A package may import these and nothing else but Node's own modules. */
const only = (name, allowed) => ({
  name: `${name}-dependencies`,
  severity: 'error',
  from: { path: `^packages/${name}/src`, pathNot: tests },
  to: { pathNot: [`^packages/${name}/src`, ...allowed], dependencyTypesNot: ['core'] },
});

/** What adapters see of core. */
const adapterSide = '^packages/core/(src|dist/(esm|cjs))/(index|adapter)\\.';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types may refer to each other; code may not.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: tests }, to: {} },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },

    room('attributes', ['trace/', 'process-wide\\.ts', 'synchronous\\.ts']),
    room('trace', ['attributes/', 'process-wide\\.ts', 'synchronous\\.ts']),
    room('statistics', ['attributes/', 'trace/']),
    room('sampling', ['attributes/', 'trace/', 'statistics/', 'errors\\.ts', 'option-rules\\.ts']),
    room('sink', ['attributes/', 'trace/', 'statistics/', 'errors\\.ts']),
    room('pipeline', ['attributes/', 'sink/', 'trace/', 'statistics/', 'diagnostics\\.ts', 'errors\\.ts']),
    room('http', ['attributes/', 'trace/', 'synchronous\\.ts']),
    room('process', ['attributes/', 'sqlite/file/', 'trace/']),
    room('spill', [
      'attributes/',
      'process/',
      'sink/',
      'statistics/',
      'sqlite/',
      'trace/',
      'diagnostics\\.ts',
      'errors\\.ts',
    ]),
    room('sqlite', [
      'attributes/',
      'process/',
      'sink/',
      'spill/',
      'pipeline/',
      'statistics/',
      'trace/',
      'diagnostics\\.ts',
      'errors\\.ts',
    ]),
    {
      name: 'statistics-from-types',
      severity: 'error',
      comment: 'What is counted is read off ended spans; nothing of the tracer runs for it.',
      from: { path: `^${core}/statistics/`, pathNot: tests },
      to: { path: `^${core}/trace/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'reader-alone',
      severity: 'error',
      comment: 'Reading a file loads neither the pipeline nor the tracer.',
      from: {
        path: `^${core}/(reader|(sqlite/reader/[-a-z]*|sqlite/file/(driver|schema)|process/process-liveness|spill/(spill-(file|record)|last-word)))\\.ts$`,
      },
      to: { path: `^${core}/(trace|pipeline|http|sampling)/|/rxjs/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-composition-root',
      severity: 'error',
      comment: 'Only the entries and the default instance know the composition root.',
      from: {
        path: `^${core}/`,
        pathNot: [`^${core}/(index|adapter|ferret/(default-ferret|ferret-instance))\\.ts$`, tests],
      },
      to: { path: `^${core}/(ferret/(ferret-instance|default-ferret)|index)\\.ts$` },
    },
    only('core', ['node_modules/(rxjs|sqlite3)/']),
    only('express', [adapterSide, 'node_modules/(@types/)?express/']),
    only('koa', [adapterSide, 'node_modules/(@types/)?koa/']),
    only('nest', [
      adapterSide,
      '^packages/express/(src|dist/(esm|cjs))/index\\.',
      'node_modules/(@nestjs/(common|core)|rxjs)/',
    ]),
    {
      name: 'framework-types-only',
      severity: 'error',
      comment: "The code of Express and Koa is the application's.",
      from: { path: '^packages/(express|koa)/src', pathNot: tests },
      to: { path: 'node_modules/(@types/)?(express|koa)/', dependencyTypesNot: ['type-only'] },
    },
    only('cli', [
      '^packages/core/(src|dist/(esm|cjs))/(reader|maintenance)\\.',
      'node_modules/(commander|cli-table3|csv-stringify|picocolors|string-width)/',
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
