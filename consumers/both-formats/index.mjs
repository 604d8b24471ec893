// An application and a dependency of it may get one copy of a package each. They are one Ferret all the same.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as imported from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import * as adapter from '@ferretjs/express';

const require = createRequire(import.meta.url);
const required = require('@ferretjs/core');
const requiredAdapter = require('@ferretjs/express');

assert.notEqual(imported.createFerret, required.createFerret, 'there is only one copy, so this shows nothing');
adapter.ferret({ sink: new MemorySink() }); // the first with options is the process's default
assert.equal(imported.defaultFerret(), required.defaultFerret());
required.defaultFerret().measure('a', (span) => assert.equal(imported.currentSpan(), span));
assert.doesNotThrow(() => requiredAdapter.ferret(imported.defaultFerret()));
assert.equal((await imported.defaultFerret().close()).ledger.stored, 1);
