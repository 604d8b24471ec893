const core = require('@ferretjs/core');
const reader = require('@ferretjs/core/reader');
const { MemorySink } = require('@ferretjs/core/testing');
const adapter = require('@ferretjs/express');
const koa = require('@ferretjs/koa');
const nest = require('@ferretjs/nest');
const express = require('express');
const assert = require('node:assert/strict');
const { probe } = require('../probe.cjs');

assert.equal(typeof koa.ferret, 'function');
assert.equal(typeof nest.FerretModule.forRoot, 'function');
assert.equal(typeof MemorySink, 'function');
probe({ core, reader, adapter, express });
