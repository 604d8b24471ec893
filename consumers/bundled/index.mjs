import * as core from '@ferretjs/core';
import * as reader from '@ferretjs/core/reader';
import * as adapter from '@ferretjs/express';
import express from 'express';
import { probe } from '../probe.cjs';

probe({ core, reader, adapter, express });
