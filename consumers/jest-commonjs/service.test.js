const core = require('@ferretjs/core');
const reader = require('@ferretjs/core/reader');
const adapter = require('@ferretjs/express');
const express = require('express');
const { probe } = require('../probe.cjs');

test('a service under Jest', () => probe({ core, reader, adapter, express }));
