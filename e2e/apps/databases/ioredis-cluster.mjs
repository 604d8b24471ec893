// Scenarios of a cluster of `ioredis`, or of the version that the environment names.

const { Cluster, Redis } = await import(process.env.PACKAGE ?? 'ioredis');

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const node = new Redis({ host: '127.0.0.1', port });
  await node.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383).catch(() => {});
  while (!(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await new Promise(setImmediate);
  await node.flushall();
  await node.quit();
  const cluster = new Cluster([{ host: '127.0.0.1', port }]);
  await cluster.set('plain', CANARY);

  const scenarios = {
    promise: async () => (await cluster.get('plain')).length,
    pipeline: () => cluster.pipeline().set('{a}1', CANARY).get('{a}2').exec(),
    failing: () => cluster.incr('plain').catch((error) => [error.constructor.name, error.message]),
  };
  return { scenarios, close: () => cluster.quit() };
}
