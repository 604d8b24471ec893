// Run by Vitest and by Jest (ES modules) with Nest 12, and by ts-jest (CommonJS) with Nest 11.
import { createFerret, type Ferret, type Span } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Annotate, CurrentSpan, FerretModule, InjectFerret, Measure, NoTrace } from '@ferretjs/nest';
import { Controller, Get, Inject, Injectable, Param } from '@nestjs/common';
import { Test } from '@nestjs/testing';

@Injectable()
class Users {
  constructor(@InjectFerret() readonly ferret: Ferret) {}

  @Measure()
  async find(id: string) {
    return this.ferret.measure('SELECT user', async () => ({ id }));
  }
}

@Annotate({ team: 'growth' })
@Controller('users')
class UsersController {
  constructor(@Inject(Users) readonly users: Users) {}

  @NoTrace()
  @Get('health')
  health() {
    return 'up';
  }

  @Get(':id')
  show(@Param('id') id: string, @CurrentSpan() span: Span | undefined) {
    span?.annotate({ seen: true });
    return this.users.find(id);
  }
}

test('a Nest service', async () => {
  const sink = new MemorySink();
  const ferret = createFerret({ sink });
  const module = await Test.createTestingModule({
    imports: [FerretModule.forRoot(ferret)],
    controllers: [UsersController],
    providers: [Users],
  }).compile();
  const app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  expect(await (await fetch(`${url}/users/health`)).text()).toBe('up');
  expect(await (await fetch(`${url}/users/7`)).json()).toEqual({ id: '7' });
  app.getHttpServer().closeAllConnections();
  await app.close();
  await ferret.close();
  expect(sink.spans.map(({ name }) => name)).toEqual(['SELECT user', 'Users.find', 'GET /users/:id']);
  expect(sink.spans[2]?.attributes).toMatchObject({
    'code.function.name': 'UsersController.show',
    team: 'growth',
    seen: true,
  });
});
