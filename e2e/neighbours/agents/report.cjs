// The loader of ES modules runs in a thread of its own, which loads what `-r` names too.
const { isMainThread } = require('node:worker_threads');

/** Tells the test of a transaction, by the path that was asked for. */
exports.transaction = (path, name, isError) => {
  if (isMainThread)
    process.send({ path: String(path).replace(/\?.*|^https?:\/\/[^/]*/g, ''), transaction: name, isError });
};

/** Tells the test of an error that the agent has captured. */
exports.exception = (message) => {
  if (isMainThread) process.send({ exception: message });
};

/** The middleware that an application mounts for its agent. */
exports.mount = (handlers) => {
  globalThis[Symbol.for('neighbour')] = handlers;
};
