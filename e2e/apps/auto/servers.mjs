// An application of ES modules, without a line about Ferret.
import Router from '@koa/router';
import express from 'express';
import express4 from 'express-4';
import fastify from 'fastify';
import Koa from 'koa';
import Koa2 from 'koa-2';
import { drive } from './drive.cjs';

await drive({ express, express4, Koa, Koa2, Router, fastify });
