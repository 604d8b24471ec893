// The application in CommonJS, with the packages that stand beside PLACE.
const { createRequire } = require('node:module');
const { start } = require('./start.cjs');

const load = createRequire(process.env.PLACE);
start(async (name) => load(name));
