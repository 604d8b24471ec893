// Runs the script in SCRIPT with a Ferret on the file in DATABASE.
import { createFerret, currentSpan } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';

const options = { database: process.env.DATABASE };
const AsyncFunction = (async () => {}).constructor;
await new AsyncFunction('createFerret', 'currentSpan', 'MemorySink', 'options', process.env.SCRIPT)(
  createFerret,
  currentSpan,
  MemorySink,
  options,
);
