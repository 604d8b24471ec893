// Builds the application of FRAMEWORK, with Ferret unless FERRET is "without", and serves it.
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { setTimeout: pause } = require('node:timers/promises');

process.on('warning', ({ name, message }) => process.send({ warning: `${name}: ${message}` }));

/** Answers that are the same in all frameworks. */
const answers = {
  /** A body in pieces, one after the other. */
  stream: () =>
    Readable.from(
      (async function* () {
        for (const piece of ['one ', 'two ', 'three']) {
          yield piece;
          await pause(5);
        }
      })(),
      { objectMode: false },
    ),
  /** A body that does not end before its client leaves. */
  endless: () =>
    Readable.from(
      (async function* () {
        for (;;) {
          yield 'more ';
          await pause(2);
        }
      })(),
      { objectMode: false },
    ),
  /**
   * Tells the test when the response to the client that leaves is closed. It listens to the connection: an additional
   * listener on the response would count among those that Node warns of.
   */
  watch(response) {
    response.socket.once('close', () => process.send({ closed: true }));
  },
  /** The properties of a framework's object, as an application sees them. */
  seen: (object, names) =>
    names.map((name) => [name, name in object, Object.hasOwn(object, name), Object.keys(object).includes(name)]),
};

exports.start = async (load) => {
  const { build } = require(`./${process.env.FRAMEWORK}.cjs`);
  const isBeside = process.env.FERRET !== 'without';
  const core = isBeside ? await load('@ferretjs/core') : undefined;
  const server = await build({
    load,
    answers,
    ferret: isBeside ? await load(`@ferretjs/${process.env.FRAMEWORK}`) : undefined,
    currentSpan: () => core?.currentSpan(),
    measure: (name, work) => (core === undefined ? work() : core.defaultFerret().measure(name, work)),
    // The agent's own error handler goes behind the routes, in front of Ferret's or behind it.
    neighbour: globalThis[Symbol.for('neighbour')] ?? {},
    isNeighbourFirst: process.env.FERRET !== 'first',
  });
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  process.send({ port: server.address().port });
};
