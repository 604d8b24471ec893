// Scenarios of `@redis/client` before its version 5.12, in the version that the environment names.

const { createClient } = await import(process.env.PACKAGE);

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const options = { socket: { host: '127.0.0.1', port }, database: 2 };
  const redis = createClient(options);
  await redis.connect();
  await redis.flushAll();
  await redis.set('plain', CANARY);

  const scenarios = {
    promise: async (note) => {
      const promise = redis.get('plain');
      note('promise', [promise.constructor.name, Object.getOwnPropertyNames(promise)]);
      return (await promise).length;
    },
    write: () => redis.hSet(`key:${CANARY}`, 'field', CANARY),
    raw: () => redis.sendCommand(['EXISTS', 'plain']),
    pipeline: () => redis.multi().set('a', CANARY).incr('b').execAsPipeline(),
    transaction: () => redis.multi().set('a', CANARY).get('nothing').exec(),
    tick: () =>
      Promise.all([redis.get('a'), redis.get('b'), redis.get('c')]).then((answers) =>
        answers.map((answer) => answer?.length),
      ),
    failing: async (note) => {
      note('wrong type', await redis.lPush('plain', CANARY).catch(strip));
      note('unknown', await redis.sendCommand(['NOSUCHCOMMAND', CANARY]).catch(strip));
      note('own', await redis.eval(`return redis.error_reply("${CANARY} went wrong")`).catch(strip));
      await redis.incr('plain').catch((error) => note('stack', error.stack));
      note('multi', await redis.multi().incr('plain').get('plain').exec().catch(strip));
    },
    unhandled: async () => {
      redis.incr('plain');
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
    connect: async () => {
      const late = createClient(options);
      await late.connect();
      const answer = await late.exists('plain');
      await late.disconnect();
      return [answer, await late.get('plain').catch(strip)];
    },
    loop: async () => {
      for (let id = 0; id < 212; id++) await redis.get(`user:${CANARY}:${id}`);
    },
  };
  return { scenarios, close: () => redis.disconnect() };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.name, class: error.constructor.name, message: error.message, own };
}
