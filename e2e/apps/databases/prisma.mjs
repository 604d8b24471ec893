// Scenarios of Prisma with its adapter of `pg`. The environment names the folder of packages that Prisma is in, and of
// the client that it has generated.

import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PACKAGE}/`);
const { PrismaPg } = require('@prisma/adapter-pg');
const { PrismaClient } = require('../generated/index.js');

const CANARY = 'cAnArY-4711';

export async function open(port) {
  const adapter = new PrismaPg({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 1 });
  const prisma = new PrismaClient({ adapter });
  await prisma.$executeRaw`DROP TABLE IF EXISTS users`;
  await prisma.$executeRaw`CREATE TABLE users (id int PRIMARY KEY, name text)`;
  await prisma.user.createMany({ data: Array.from({ length: 212 }, (_, id) => ({ id, name: `user ${id}` })) });

  const scenarios = {
    find: async (note) => {
      const promise = prisma.user.findMany({ where: { name: CANARY } });
      note('promise', [promise.constructor.name, Object.keys(promise).sort()]);
      return promise;
    },
    unique: () => prisma.user.findUnique({ where: { id: 7 } }),
    raw: () => prisma.$queryRawUnsafe(`SELECT id FROM users WHERE name = '${CANARY}' OR id = 7`),
    failing: async (note) => {
      await prisma.user.create({ data: { id: 7, name: CANARY } }).catch((error) => note('duplicate', error));
      await prisma.user.create({ data: { id: CANARY } }).catch((error) => note('invalid', error));
    },
    loop: async () => {
      const names = [];
      for (let id = 0; id < 212; id++) names.push((await prisma.user.findFirst({ where: { id } })).name);
      return names.length;
    },
  };
  return { scenarios, close: () => prisma.$disconnect() };
}
