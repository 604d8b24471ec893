// Scenarios of `mongodb`, or of the version that the environment names, against a peer that speaks its protocol.

import { once } from 'node:events';

const { MongoClient, ObjectId } = await import(process.env.PACKAGE ?? 'mongodb');

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const url = `mongodb://127.0.0.1:${port}/shop`;
  const client = new MongoClient(url, { maxPoolSize: 2, heartbeatFrequencyMS: 500, minHeartbeatFrequencyMS: 50 });
  await client.connect();
  const users = client.db().collection('users');
  await users.deleteMany({});
  const id = (number) => new ObjectId(String(number).padStart(24, '0'));
  await users.insertMany(
    Array.from({ length: 212 }, (_, index) => ({ _id: id(index), n: index, name: `user ${index}` })),
  );

  const scenarios = {
    promise: async (note) => {
      const promise = users.findOne({ _id: id(7) }, { comment: CANARY });
      note('promise', [promise.constructor.name, Object.getOwnPropertyNames(promise)]);
      return promise;
    },
    values: () => users.find({ name: CANARY, [`key ${CANARY}`]: { $eq: CANARY } }, { sort: { name: 1 } }).toArray(),
    cursor: async (note) => {
      const cursor = users.find({}, { batchSize: 100, projection: { n: 1 } });
      note('first', await cursor.next());
      let count = 1;
      for await (const { n } of cursor) count += n >= 0 ? 1 : 0;
      note('closed', cursor.closed);
      return count;
    },
    list: () =>
      users
        .find({}, { batchSize: 100 })
        .toArray()
        .then((documents) => documents.length),
    write: async (note) => {
      note('one', await users.insertOne({ _id: `one ${CANARY}`, [`key ${CANARY}`]: CANARY }));
      note(
        'many',
        await users.insertMany([
          { _id: 'a', v: CANARY },
          { _id: 'b', v: CANARY },
        ]),
      );
      note('update', await users.updateOne({ name: CANARY }, { $set: { name: CANARY } }));
      note(
        'bulk',
        await users
          .bulkWrite([{ insertOne: { document: { _id: 'c', v: CANARY } } }])
          .then(({ insertedCount }) => insertedCount),
      );
      return users.countDocuments({ name: CANARY });
    },
    unacknowledged: () => users.insertOne({ _id: 'd', v: CANARY }, { writeConcern: { w: 0 } }),
    failing: async (note) => {
      note('duplicate', await users.insertOne({ _id: `one ${CANARY}` }).catch(strip));
      note('bad', await users.findOne({ [`$${CANARY}`]: CANARY }).catch(strip));
      note('unknown', await client.db().command({ noSuchCommand: CANARY }).catch(strip));
      note('validation', await users.findOneAndUpdate({ name: CANARY }, { $set: { name: CANARY } }).catch(strip));
      await users.findOne({ $bad: 1 }).catch((error) => note('stack', error.stack));
      note(
        'client',
        await users
          .findOne({
            f: {
              toBSON: () => {
                throw new Error(CANARY);
              },
            },
          })
          .catch((error) => error.message),
      );
    },
    broken: () => users.findOne({ break: true }).catch((error) => error.constructor.name),
    unhandled: async () => {
      users.findOne({ $worse: 1 });
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
    large: () => users.findOne({ text: CANARY.repeat(1_000_000) }),
    never: async () => {
      const impatient = new MongoClient(url, { socketTimeoutMS: 200, retryReads: false });
      await impatient.connect();
      const collection = impatient.db().collection('users');
      const error = await collection.findOne({ never: true }).catch((failure) => failure.constructor.name);
      await impatient.close();
      return error;
    },
    // The only connection is taken by a command whose answer is held back: another one waits in vain.
    exhausted: async () => {
      const small = new MongoClient(url, { maxPoolSize: 1, waitQueueTimeoutMS: 500 });
      await small.connect();
      const collection = small.db().collection('users');
      await collection.findOne({ _id: id(1) });
      const held = collection.findOne({ hold: true });
      await once(small, 'connectionCheckedOut');
      const waited = await collection.findOne({ _id: id(1) }).catch((failure) => failure.constructor.name);
      await users.findOne({ release: true });
      const answers = [waited, await held];
      await small.close();
      return answers;
    },
    // Whoever waits for a connection runs its command below its own request.
    several: () =>
      Promise.all([1, 2, 3, 4, 5].map((number) => users.findOne({ _id: id(number) }))).then((all) => all.length),
    refused: () =>
      new MongoClient('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 200 })
        .db()
        .collection('users')
        .findOne({})
        .catch((error) => [error.constructor.name, error.message]),
    session: () => client.withSession(async (session) => (await users.findOne({ _id: id(3) }, { session })).name),
    loop: async () => {
      const names = [];
      for (let number = 0; number < 212; number++) names.push((await users.findOne({ _id: id(number) })).name);
      return names.length;
    },
  };
  return { scenarios, close: () => client.close() };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.constructor.name, message: error.message, own: JSON.stringify(own), labels: error.errorLabels };
}
