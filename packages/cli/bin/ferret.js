#!/usr/bin/env node
// Committed, unlike what it loads: npm links a package's command only if its file is there at install, before the build.
require('../dist/ferret.js');
