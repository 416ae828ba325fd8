import { randomBytes } from 'node:crypto';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { numbered, numbersOf } from '../black-box/events.fixture.spec.js';
import { startFixture, type Fixture } from '../event-store.fixture.spec.js';
import { readReq } from '../protocol/messages.js';
import { encodeFrame } from './frames.js';

const STREAMS = '/event_store.client.streams.Streams';
const EVERYTHING = Number.MAX_SAFE_INTEGER;
const MIB = 1024 * 1024;

const [HEADERS, RST_STREAM, SETTINGS, END_HEADERS] = [1, 3, 4, 4];

function http2Frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.set([type, flags], 3);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** The headers of a read, as they are without compression. */
const headerBlock = Buffer.concat(
  Object.entries({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': `${STREAMS}/Read`,
    'content-type': 'application/grpc',
  })
    .flatMap(([name, value]) => [Buffer.from([0, name.length]), name, Buffer.from([value.length]), value])
    .map((part) => Buffer.from(part)),
);

let fixture: Fixture;
let session: ClientHttp2Session;
beforeAll(async () => {
  fixture = await startFixture();
  await fixture.client.appendToStream('orders', numbered(3));
});
afterAll(() => fixture.remove());
beforeEach(() => {
  session = connect(`http://127.0.0.1:${fixture.server.port}`);
  session.on('error', () => session.destroy());
});
afterEach(() => session.destroy());

function call(path: string, headers: Record<string, string> = {}): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    ...headers,
  });
  stream.on('error', () => stream.destroy());
  return stream;
}

/** What a call ends with. */
async function statusOf(stream: ClientHttp2Stream): Promise<{ status: unknown; message: string }> {
  stream.resume();
  const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
  return { status: trailers['grpc-status'], message: decodeURI(trailers['grpc-message'] ?? '') };
}

const readAll = encodeFrame(readReq, { options: { all: { start: true }, count: EVERYTHING } });
const stillServes = async () =>
  expect(await numbersOf(fixture.client.readStream('orders'))).toEqual([0, 1, 2]);

describe('the gRPC server', () => {
  it.each([
    ['a call that is not known', '/a.b/C', [], '12', 'has no /a.b/C'],
    ['a request without a message', `${STREAMS}/Read`, [], '3', 'has no message'],
    ['an empty message', `${STREAMS}/Read`, [Buffer.alloc(5)], '3', 'neither a stream nor $all'],
    ['half a message', `${STREAMS}/Read`, [readAll.subarray(0, 7)], '3', 'ends inside a message'],
    ['a compressed message', `${STREAMS}/Read`, [Buffer.from([1, 0, 0, 0, 0])], '12', 'Compressed'],
    ['a message that is none', `${STREAMS}/Read`, [Buffer.from([0, 0, 0, 0, 1, 0xff])], '3', 'cut short'],
    ['a huge length', `${STREAMS}/Append`, [Buffer.from([0, 0xff, 0xff, 0xff, 0xff])], '8', 'over the limit'],
    ['an append of nothing', `${STREAMS}/Append`, [], '3', 'does not begin with its options'],
  ])('refuses %s', async (_, path, bytes, status, message) => {
    const stream = call(path);
    stream.end(Buffer.concat(bytes));
    expect(await statusOf(stream)).toEqual({ status, message: expect.stringContaining(message) });
  });

  it('is for gRPC alone', async () => {
    const stream = session.request({ ':method': 'GET', ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(415);
  });

  it('answers a refused call before the client has sent everything', async () => {
    const stream = call('/a.b/C');
    stream.write(Buffer.alloc(MIB));
    expect(await statusOf(stream)).toMatchObject({ status: '12' });
    stream.end(Buffer.alloc(MIB));
    await stillServes();
  });

  it('lives on after random bytes, in messages and on the socket', async () => {
    for (let round = 0; round < 50; round++) {
      const stream = call(`${STREAMS}/${['Read', 'Append', 'BatchAppend', 'Delete'][round % 4]}`);
      const body = randomBytes(200);
      stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), body]));
      expect((await statusOf(stream)).status).toMatch(/^(3|8|12|0)$/);
      const socket = connectSocket(fixture.server.port, '127.0.0.1').on('error', () => socket.destroy());
      socket.end(randomBytes(300));
    }
    await stillServes();
    expect(fixture.notices).toEqual([]);
  });

  it('lives on after clients that reset their calls and connections at any time', async () => {
    for (let round = 0; round < 100; round++) {
      const stream = call(`${STREAMS}/Read`);
      stream.write(readAll.subarray(0, round % (readAll.length + 1)));
      if (round % 3 === 0) await sleep(1);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    session.destroy();
    await stillServes();
    expect(fixture.notices).toEqual([]);
  });

  it('cuts a connection that does nothing but begin calls and reset them', async () => {
    const socket = connectSocket(fixture.server.port, '127.0.0.1').on('error', () => socket.destroy());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), http2Frame(SETTINGS, 0, 0)]),
    );
    const cancelled = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
    for (let id = 1; id < 10_000; id += 2) {
      socket.write(http2Frame(HEADERS, END_HEADERS, id, headerBlock));
      socket.write(http2Frame(RST_STREAM, 0, id, cancelled));
    }
    await closed;
    await stillServes();
    expect(fixture.notices).toEqual([]);
  });

  it('keeps little in memory for a reader that stops reading', async () => {
    const events = numbered(10).map((event) => ({
      ...event,
      data: { ...event.data, padding: 'x'.repeat(90_000) },
    }));
    for (let round = 0; round < 60; round++) await fixture.client.appendToStream('large', events);
    const before = process.memoryUsage().arrayBuffers;
    const streams = Array.from({ length: 10 }, () => {
      const stream = call(`${STREAMS}/Read`);
      stream.end(readAll);
      return stream;
    });
    await Promise.all(streams.map((stream) => once(stream, 'response')));
    await sleep(500);
    // Ten readers of more than 50 MiB each.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * MIB);
    await stillServes();
    const [first] = streams;
    expect(await statusOf(first as ClientHttp2Stream)).toMatchObject({ status: '0' });
  });
});
