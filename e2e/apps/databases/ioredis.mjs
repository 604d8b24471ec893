// Scenarios of `ioredis`, or of the version that the environment names.

const client = await import(process.env.PACKAGE ?? 'ioredis');
// Version 4 exports nothing but the class.
const Redis = client.Redis ?? client.default;

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const redis = new Redis({ host: '127.0.0.1', port, db: 2 });
  await redis.flushall();
  await redis.set('plain', CANARY);
  await redis.sadd('set', 1);

  const scenarios = {
    promise: async (note) => {
      const promise = redis.get('plain');
      note('promise', [promise.constructor.name, Object.getOwnPropertyNames(promise)]);
      return (await promise).length;
    },
    write: () => redis.hset(`key:${CANARY}`, 'field', CANARY),
    buffer: () => redis.getBuffer('plain').then((value) => value.length),
    callback: (note) =>
      new Promise((resolve) => {
        const returned = redis.get('plain', function (error, value) {
          note('answer', [error, value.length, this?.constructor?.name]);
          redis.exists('plain', (_, found) => resolve(found));
        });
        note('returned', returned?.constructor.name);
      }),
    pipeline: () => redis.pipeline().set('a', CANARY).incr('b').lpush('plain', CANARY).exec().then(stripAll),
    transaction: () => redis.multi().set('a', CANARY).get('nothing').exec(),
    script: async () => {
      redis.defineCommand('twice', { numberOfKeys: 1, lua: 'return redis.call("GET", KEYS[1]) .. ARGV[1]' });
      return (await redis.twice('plain', CANARY)).length;
    },
    failing: async (note) => {
      note('wrong type', await redis.lpush('plain', CANARY).catch(strip));
      note('unknown', await redis.call('nosuchcommand', CANARY).catch(strip));
      note('own', await redis.eval(`return redis.error_reply("${CANARY} went wrong")`, 0).catch(strip));
      await redis.incr('plain').catch((error) => note('stack', error.stack));
    },
    unhandled: async () => {
      redis.incr('plain');
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
    // The commands wait until there is a connection.
    queued: async () => {
      const late = new Redis({ host: '127.0.0.1', port });
      const answers = await Promise.all([late.get('a'), late.set('c', CANARY)]);
      await late.quit();
      return answers;
    },
    refused: async (note) => {
      const broken = new Redis({ host: '127.0.0.1', port: 1, retryStrategy: () => null, maxRetriesPerRequest: 0 });
      broken.on('error', (error) => note('error', error.code));
      return broken.get('plain').catch((error) => [error.constructor.name, error.message]);
    },
    scan: async () => {
      let count = 0;
      for await (const keys of redis.scanStream({ match: `key:${CANARY}*` })) count += keys.length;
      return count;
    },
    loop: async () => {
      for (let id = 0; id < 212; id++) await redis.get(`user:${CANARY}:${id}`);
    },
  };
  return { scenarios, close: () => redis.quit() };
}

function stripAll(answers) {
  return answers.map(([error, value]) => [error && strip(error), value]);
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.name, class: error.constructor.name, message: error.message, own };
}
