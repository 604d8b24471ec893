// A store of a CommonJS package, whose copy of @ferretjs/core is the CommonJS one.
const core = require('@ferretjs/core');
const { MemorySink } = require('@ferretjs/core/testing');

/** Errors of a sink that lead to another try. Each is refused once. */
const errors = {
  'of the other copy': () => new core.StoreUnavailableError('busy'),
  'a plain object': () => ({ code: 'STORE_UNAVAILABLE' }),
  'of another version': () => Object.assign(new Error('busy'), { name: 'FerretError', code: 'STORE_UNAVAILABLE' }),
};

/** A sink that fails once with such an error, rejected or thrown. */
exports.createSink = (kind, isThrown) => {
  const sink = new MemorySink();
  const write = sink.write.bind(sink);
  let hasFailed = false;
  sink.write = (batch) => {
    if (hasFailed) return write(batch);
    hasFailed = true;
    if (isThrown) throw errors[kind]();
    return Promise.reject(errors[kind]());
  };
  return sink;
};

exports.kinds = Object.keys(errors);
exports.StoreForeignError = core.StoreForeignError;
