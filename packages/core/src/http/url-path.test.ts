import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, vi } from 'vitest';
import { FerretInstance } from '../ferret/ferret-instance.js';
import { MemorySink } from '../sink/memory-sink.js';

it('K11: secrets in the path of a request are redacted like those in its query, in every encoding', async () => {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink });
  const server = createServer((request, response) =>
    ferret.http.trace(
      request,
      response,
      () => undefined,
      () => response.end(),
    ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const targets = [
    ['/a/password=C4N4RY/b', '/a/password=REDACTED'],
    ['/a/Bearer%20C4N4RY', '/a/Bearer%20REDACTED'],
    ['/a/https%3A%2F%2Fu%3AC4N4RY%40h%2F/b', '/a/https%3A%2F%2FREDACTED%40h%2F/b'],
    ['/a/https%253A%252F%252Fu%253AC4N4RY%2540h', '/a/https%253A%252F%252FREDACTED%2540h'],
    ['/a;jsessionid=C4N4RY', '/a;jsessionid=REDACTED'],
    ['/a/%70assword%3DC4N4RY', '/a/%70assword%3DREDACTED'],
    ['/caf%C3%A9/100%25/%zz', '/caf%C3%A9/100%25/%zz'],
  ] as const;
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(
      targets
        .map(
          ([target], index) =>
            `GET ${target} HTTP/1.1\r\nHost: a\r\n${index === targets.length - 1 ? 'Connection: close\r\n' : ''}\r\n`,
        )
        .join(''),
    );
    socket.resume();
    await once(socket, 'close');
    await vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans).toHaveLength(targets.length);
    });
    expect(sink.spans.map(({ attributes }) => attributes['url.path'])).toEqual(targets.map(([, stored]) => stored));
  } finally {
    server.close();
    await ferret.close();
  }
});
