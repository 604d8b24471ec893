import * as core from '@ferretjs/core';
import * as reader from '@ferretjs/core/reader';
import * as adapter from '@ferretjs/express';
import express from 'express';
import { test } from 'vitest';
import { probe } from '../probe.cjs';

test('a service under Vitest', () => probe({ core, reader, adapter, express }));
