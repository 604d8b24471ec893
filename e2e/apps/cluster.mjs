// A cluster of Express workers that write one file, with a primary that records too. Workers that die are forked again.

import cluster from 'node:cluster';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createFerret } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express from 'express';

const WORKERS = 2;
const options = JSON.parse(process.env.OPTIONS);

/** The number of handles of the database that this process has: nought, before it has opened it itself. */
function handlesOf(database) {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(database);
    } catch {
      return false; // The one that read the directory.
    }
  }).length;
}

async function runPrimary() {
  const instance = createFerret(options);
  instance.start('in the primary').end();
  await instance.flush();
  if (handlesOf(options.database) === 0) throw new Error('The primary has no handle that a fork could share.');

  let isClosing = false;
  let inherited = 0;
  const fork = async () => {
    const worker = cluster.fork();
    worker.on('message', (message) => {
      inherited += message.inherited;
    });
    await once(worker, 'listening');
  };
  cluster.on('exit', () => isClosing || void fork().then(() => process.send('forked again')));
  const port = new Promise((resolve) => cluster.once('listening', (_worker, address) => resolve(address.port)));
  await Promise.all(Array.from({ length: WORKERS }, fork));
  process.send({ port: await port });

  process.on('message', async (order) => {
    const workers = Object.values(cluster.workers);
    if (order !== 'close') {
      workers[Math.floor(Math.random() * workers.length)].process.kill(order);
      return;
    }
    isClosing = true;
    await Promise.all(
      workers.map(async (worker) => {
        const exit = once(worker, 'exit');
        worker.process.kill('SIGTERM');
        await exit;
      }),
    );
    await instance.close();
    process.send({ inherited }, () => process.disconnect());
  });
}

async function runWorker() {
  process.send({ inherited: handlesOf(options.database) });
  const instance = createFerret(options);
  instance.start('in a worker').end();
  await instance.flush(); // So that the file knows of each, however soon it is killed.
  const app = express();
  app.use(ferret(instance));
  app.get('/users/:id', async (request, response) => {
    await instance.measure('SELECT user', () => Promise.resolve());
    response.json({ id: request.params.id });
  });
  app.listen(0, '127.0.0.1');
}

if (cluster.isPrimary) await runPrimary();
else await runWorker();
