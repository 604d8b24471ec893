import 'reflect-metadata';
import { createFerret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { FerretModule } from '@ferretjs/nest';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { expect, it, vi } from 'vitest';

it('resolvers and their services are spans below the request, scalar fields are none', async () => {
  @Injectable()
  class Users {
    async list(count: number) {
      return Array.from({ length: count }, (_, id) => ({ id, name: `user ${id}`, age: 7 }));
    }
  }
  @Resolver('User')
  class UsersResolver {
    constructor(@Inject(Users) private readonly users: Users) {}
    @Query('users')
    users_(@Args('count') count: number) {
      return this.users.list(count);
    }
    @ResolveField('friends')
    async friends(@Parent() user: { readonly id: number }) {
      return user.id;
    }
  }
  const sink = new MemorySink();
  const ferret = createFerret({ sink, maxSpansPerSecond: Number.POSITIVE_INFINITY });
  const typeDefs =
    'type User { id: Int name: String age: Int friends: Int } type Query { users(count: Int!): [User!]! }';
  @Module({
    imports: [
      FerretModule.forRoot(ferret, { methods: true }),
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, typeDefs }),
    ],
    providers: [Users, UsersResolver],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const body = JSON.stringify({ query: '{ users(count: 2) { id name age friends } }' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${await app.getUrl()}/graphql`, { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({
    data: {
      users: [
        { id: 0, friends: 0 },
        { name: 'user 1', friends: 1 },
      ],
    },
  });
  await vi.waitFor(async () => {
    await ferret.flush();
    expect(sink.spans.map(({ name }) => name)).toContain('POST /graphql');
  });
  const names = sink.spans.map(({ name }) => name);
  expect(names).toEqual([
    'Users.list',
    'UsersResolver.users_',
    'UsersResolver.friends',
    'UsersResolver.friends',
    'POST /graphql',
  ]);
  await app.close();
  await ferret.close();
});
