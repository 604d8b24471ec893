// Scenarios of `mongoose`, against a peer that speaks MongoDB's protocol.

const { default: mongoose } = await import('mongoose');

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const url = `mongodb://127.0.0.1:${port}/shop`;
  const User = mongoose.model(
    'User',
    new mongoose.Schema({ _id: Number, name: String }, { autoCreate: false, autoIndex: false }),
  );
  await mongoose.connect(url, { maxPoolSize: 2 });
  await User.deleteMany({});
  await User.insertMany(Array.from({ length: 212 }, (_, index) => ({ _id: index, name: `user ${index}` })));

  const scenarios = {
    query: async (note) => {
      const query = User.findOne({ name: CANARY });
      note('query', [query.constructor.name, typeof query.then]);
      return query.lean();
    },
    document: async () => {
      const user = await User.findById(7);
      user.name = CANARY;
      return (await user.save()).toObject();
    },
    write: async () => {
      await User.create({ _id: 1_000, name: CANARY });
      return User.aggregate([{ $match: { name: CANARY } }]);
    },
    cursor: async () => {
      let count = 0;
      for await (const { _id: id } of User.find().batchSize(100).cursor()) count += id >= 0 ? 1 : 0;
      return count;
    },
    failing: async (note) => {
      note('duplicate', await User.create({ _id: 7, name: CANARY }).catch(strip));
      note('invalid', await User.create({ _id: CANARY }).catch(strip));
      note('bad', await User.collection.findOne({ [`$${CANARY}`]: 1 }).catch(strip));
    },
    // Operations that wait for the first connection belong to the request that has asked for them.
    buffered: async () => {
      const connection = mongoose.createConnection();
      const Order = connection.model(
        'Order',
        new mongoose.Schema({ name: String }, { autoCreate: false, autoIndex: false }),
      );
      const waiting = Order.find({ name: CANARY }).lean();
      setTimeout(() => connection.openUri(url), 20);
      const found = await waiting.exec();
      await connection.close();
      return found;
    },
    loop: async () => {
      const names = [];
      for (let id = 0; id < 212; id++) names.push((await User.findById(id).lean()).name);
      return names.length;
    },
  };
  return { scenarios, close: () => mongoose.disconnect() };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.constructor.name, message: error.message, own: JSON.stringify(own) };
}
