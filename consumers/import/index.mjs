import assert from 'node:assert/strict';
import * as core from '@ferretjs/core';
import * as reader from '@ferretjs/core/reader';
import { MemorySink } from '@ferretjs/core/testing';
import * as adapter from '@ferretjs/express';
import * as koa from '@ferretjs/koa';
import * as nest from '@ferretjs/nest';
import express from 'express';
import { probe } from '../probe.cjs';

assert.equal(typeof koa.ferret, 'function');
assert.equal(typeof nest.FerretModule.forRoot, 'function');
assert.equal(typeof MemorySink, 'function');
await probe({ core, reader, adapter, express });
