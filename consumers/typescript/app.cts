import core = require('@ferretjs/core');
import reader = require('@ferretjs/core/reader');
import testing = require('@ferretjs/core/testing');
import express = require('@ferretjs/express');
import koa = require('@ferretjs/koa');

const instance: core.Ferret = core.createFerret({ sink: new testing.MemorySink() });
const file: Promise<reader.Reader> = reader.openReader('ferret.db');
const middleware = [express.ferret(instance), koa.ferret(instance)];
// @ts-expect-error a misspelt option
core.createFerret({ bachSize: 1 });
export = { file, middleware };
