import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createLogger } from '../logger.js';
import { OrdersService, typeOf } from '../orders-service.fixture.spec.js';
import { BrokenRequests } from './broken-requests.js';

/** Sends bytes, and reads until the server closes the connection. */
async function exchange(port: number, ...parts: string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  for (const part of parts) {
    await new Promise((sent) => socket.write(part, 'latin1', sent));
    await new Promise((later) => setTimeout(later, 20));
  }
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

function expectProblem(text: string, status: number, type: string): void {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head.split(' ')[1]).toBe(String(status));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json; charset=utf-8');
  const problem = JSON.parse(body) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, detail: expect.stringMatching(/^[A-Z].*\.$/) });
  expect(typeOf(problem)).toBe(type);
}

describe('a request that no route sees', () => {
  let orders: OrdersService;
  let port: number;
  beforeAll(async () => {
    orders = await OrdersService.start();
    port = Number(new URL(orders.running.url).port);
  });
  afterAll(() => orders.stop());

  const post = 'POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  it.each([
    [
      'a head beyond 16 KiB',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['no HTTP at all', 'let me in\r\n\r\n', 400, 'invalid-request'],
    ['the greeting of TLS', '\x16\x03\x01\x02\x00\x01', 400, 'invalid-request'],
    ['a method nobody knows', 'BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'invalid-request'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400, 'invalid-request'],
    ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400, 'invalid-request'],
    [
      'a length and chunks',
      `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'invalid-request',
    ],
    [
      'chunks and a length',
      `${post}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`,
      400,
      'invalid-request',
    ],
    [
      'a transfer coding after chunks',
      `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      400,
      'invalid-request',
    ],
    ['a chunk without a length', `${post}Transfer-Encoding: chunked\r\n\r\nxx\r\n`, 400, 'invalid-request'],
    [
      'chunks with long extensions',
      `${post}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      413,
      'payload-too-large',
    ],
    ['an expectation', `${post}Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}`, 417, 'expectation-failed'],
  ])('is answered as a problem, and the connection ends: %s', async (_name, text, status, type) => {
    expectProblem(await exchange(port, text), status, type);
  });

  it('has no Host: a problem of the usual kind', async () => {
    const text = await exchange(port, 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n');
    expectProblem(text, 400, 'invalid-request');
    expect(await exchange(port, 'GET /health/live HTTP/1.0\r\n\r\n')).toContain('200 OK');
  });

  it('has two Hosts: another', async () => {
    const head = 'GET /health/live HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n';
    expectProblem(await exchange(port, head), 400, 'invalid-request');
  });

  it('breaks off in the middle of its chunks', async () => {
    const text = await exchange(port, `${post}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n{\r\n', 'oops\r\n');
    expectProblem(text, 400, 'invalid-request');
  });

  it('follows one that was answered: that answer stays as it is', async () => {
    const text = await exchange(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n', 'oops\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expectProblem(text.slice(text.lastIndexOf('HTTP/1.1 400')), 400, 'invalid-request');
  });

  it('is told once, however much of it comes', async () => {
    const before = orders.log.length;
    await exchange(port, 'oops\r\n\r\n', 'oops\r\n\r\n', 'oops\r\n\r\n');
    const lines = orders.log.slice(before).map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'request refused',
        status: 400,
        reason: 'HPE_INVALID_METHOD',
      }),
    ]);
  });

  it('with the expectation 100-continue is read', async () => {
    const text = await exchange(
      port,
      `${post}Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401/);
  });
});

describe('a request', () => {
  const logger = createLogger('test', 'silent');
  let server: Server;
  let port: number;
  const answers: (() => void)[] = [];
  beforeAll(async () => {
    const broken = new BrokenRequests(logger);
    server = createServer(
      { requestTimeout: 100, headersTimeout: 100, connectionsCheckingInterval: 20 },
      (_request, response) => void answers.push(() => response.end('done')),
    );
    broken.watch(server);
    server.on('clientError', broken.refuse);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server.close());

  it.each([
    ['head', 'GET / HTTP/1.1\r\nHost'],
    ['body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'],
  ])('whose %s does not arrive is answered as a problem', async (_part, text) => {
    expectProblem(await exchange(port, text), 408, 'request-timeout');
  });

  it('that waits for its answer gets no answer to another one', async () => {
    const text = await exchange(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', 'oops\r\n\r\n').catch(
      (error: NodeJS.ErrnoException) => String(error.code),
    );
    expect(['', 'ECONNRESET']).toContain(text);
    for (const answer of answers) answer();
  });
});
