import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openForward, type Asked } from './forward.js';

const asked: Asked = {
  ...{ method: 'POST', path: '/v1/transfers', authorization: 'Bearer t', traceparent: undefined },
  ...{ body: { amount: 1 }, forwarded: false },
};

describe('handing a request to another instance', () => {
  let server: Server;
  let url: string;
  const { forward, close } = openForward();

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/cut') return void request.socket.destroy();
      response.writeHead(422, { 'content-type': 'application/problem+json' }).end('{"status":422}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await close();
    server.closeAllConnections();
    server.close();
  });

  it('gives its answer, whatever that is', async () => {
    const answer = { status: 422, body: '{"status":422}', contentType: 'application/problem+json' };
    expect(await forward(url, asked)).toEqual(answer);
  });

  it('has no answer where the network has none', async () => {
    expect(await forward(url, { ...asked, path: '/cut' })).toBeUndefined();
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    expect(await forward(`http://127.0.0.1:${port}`, asked)).toBeUndefined();
  });

  it('throws what is wrong in here', async () => {
    await expect(forward(url, { ...asked, body: { amount: 1n } })).rejects.toThrow(/BigInt/);
    await expect(forward('no address', asked)).rejects.toThrow();
    await expect(forward(url, { ...asked, path: 'no path' })).rejects.toThrow();
  });
});
