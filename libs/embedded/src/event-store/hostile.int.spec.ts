import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { makeCertificateAuthority } from '../certificates.js';
import { numbered, numbersOf } from './black-box/events.fixture.spec.js';
import { startEventStore, type EmbeddedEventStore } from './event-store.server.js';
import { encodeFrame } from './grpc/frames.js';
import { batchAppendReq, readReq } from './protocol/messages.js';

const MIB = 1024 * 1024;
const STREAMS = '/event_store.client.streams.Streams';
const GREETING = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** HTTP/2 frames: u24 length, u8 type, u8 flags, u32 stream. */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const HUGE_FRAME = Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]);

/** The usual ones, but so short and small that a spec can reach them. */
const limits = {
  greetingMs: 1_000,
  arrivalMs: 1_000,
  pingMs: 1_500,
  calls: 600,
  unfinishedBytes: 8 * MIB,
};

let dir: string;
let server: EmbeddedEventStore;
let client: EventStoreDBClient;
const notices: string[] = [];
const sockets: Socket[] = [];
const sessions: ClientHttp2Session[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
  const onNotice = (notice: string) => notices.push(notice);
  server = await startEventStore({ dataDir: join(dir, 'data'), limits, onNotice });
  client = EventStoreDBClient.connectionString(server.url);
  await client.appendToStream('orders', numbered(3));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const session of sessions.splice(0)) session.destroy();
  // Whatever a spec has done, others are served and nothing has failed.
  expect(await numbersOf(client.readStream('orders'))).toEqual([0, 1, 2]);
  expect(notices).toEqual([]);
});
afterAll(async () => {
  await client.dispose();
  await server.close();
  await rm(dir, { recursive: true });
});

/** A connection that sends these bytes first. */
function socketThatSays(...bytes: Buffer[]): Socket {
  const socket = connectSocket(server.port, '127.0.0.1').on('error', () => socket.destroy());
  socket.resume();
  if (bytes.length > 0) socket.write(Buffer.concat(bytes));
  sockets.push(socket);
  return socket;
}

function openSession(): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${server.port}`, { maxSessionMemory: 200 });
  session.on('error', () => session.destroy());
  sessions.push(session);
  return session;
}

function call(session: ClientHttp2Session, method: string): ClientHttp2Stream {
  const headers = { ':method': 'POST', ':path': `${STREAMS}/${method}`, 'content-type': 'application/grpc' };
  const stream = session.request(headers);
  stream.on('error', () => stream.destroy());
  return stream;
}

async function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  stream.resume();
  const [trailers] = (await once(stream, 'trailers')) as [Record<string, unknown>];
  return trailers['grpc-status'];
}

const readAll = encodeFrame(readReq, { options: { all: { start: true }, count: 1_000 } });
const subscribe = encodeFrame(readReq, { options: { all: { end: true }, subscription: true } });
const unfinishedAppend = (bytes: number) =>
  encodeFrame(batchAppendReq, {
    correlationId: randomBytes(16),
    options: { streamIdentifier: { streamName: Buffer.from('never') }, any: true },
    proposedMessages: [
      {
        id: { text: Buffer.from('7d6fd3a2-9b0e-4b43-8d24-4f6b9c3f1c5d') },
        metadata: [
          { key: 'type', value: 'Large' },
          { key: 'content-type', value: 'application/octet-stream' },
        ],
        data: Buffer.alloc(bytes),
      },
    ],
  });

describe('against whoever reaches its port, the event store', () => {
  it('cuts a connection that sends what is not HTTP/2, or frames larger than allowed', async () => {
    const bad = [
      ...Array.from({ length: 50 }, () => socketThatSays(randomBytes(400))),
      socketThatSays(Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')),
      socketThatSays(GREETING, SETTINGS, HUGE_FRAME, randomBytes(1_000)),
      socketThatSays(GREETING, randomBytes(1_000)),
    ];
    await Promise.all(bad.map((socket) => once(socket, 'close')));
  });

  it('cuts a connection that says nothing, drips its first bytes, or has gone without a word', async () => {
    const silent = Array.from({ length: 20 }, () => socketThatSays());
    const dripping = socketThatSays();
    const drip = setInterval(() => dripping.write(GREETING.subarray(0, 1)), 400);
    // It has greeted; and answers no ping.
    const dead = socketThatSays(GREETING, SETTINGS);
    await Promise.all([...silent, dripping, dead].map((socket) => once(socket, 'close')));
    clearInterval(drip);
  });

  it('ends calls that say nothing, stop in the middle of a message, or drip it', async () => {
    const session = openSession();
    const silent = Array.from({ length: 50 }, () => call(session, 'Read'));
    const half = Array.from({ length: 50 }, () => call(session, 'Append'));
    for (const stream of half) stream.write(Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]));
    const dripping = call(session, 'BatchAppend');
    dripping.write(Buffer.from([0, 0, 1, 0, 0]));
    const drip = setInterval(() => dripping.write(Buffer.from([0])), 100);
    const unfinished = call(session, 'BatchAppend');
    unfinished.write(unfinishedAppend(100));
    const statuses = await Promise.all([...silent, ...half, dripping, unfinished].map(statusOf));
    clearInterval(drip);
    expect(statuses).toEqual(statuses.map(() => '4'));
  });

  it('lets a call wait that owes nothing', async () => {
    const session = openSession();
    const subscription = call(session, 'Read');
    subscription.write(subscribe);
    const batches = call(session, 'BatchAppend');
    batches.write(encodeFrame(batchAppendReq, { correlationId: randomBytes(16), isFinal: true }));
    let ended = 0;
    for (const stream of [subscription, batches]) stream.on('trailers', () => ended++).resume();
    await sleep(2 * limits.arrivalMs);
    expect(ended).toBe(0);
  });

  it('serves 500 connections at once', async () => {
    const streams = Array.from({ length: 500 }, () => {
      const stream = call(openSession(), 'Read');
      stream.end(readAll);
      return stream;
    });
    const statuses = await Promise.all(streams.map(statusOf));
    expect(statuses).toEqual(statuses.map(() => '0'));
  });

  it('refuses calls beyond its limit, and takes others when they have ended', async () => {
    const session = openSession();
    const streams = Array.from({ length: limits.calls }, () => {
      const stream = call(session, 'Read');
      stream.write(subscribe);
      stream.resume();
      return stream;
    });
    await Promise.all(streams.map((stream) => once(stream, 'response')));
    const refused = call(session, 'Read');
    refused.end(readAll);
    expect(await statusOf(refused)).toBe('8');
    session.destroy();
    await sleep(100);
  });

  it('keeps no more than its limit of what has arrived in part', async () => {
    const session = openSession();
    const before = process.memoryUsage().arrayBuffers;
    const streams = Array.from({ length: 40 }, () => {
      const stream = call(session, 'BatchAppend');
      stream.write(unfinishedAppend(MIB / 2));
      return stream;
    });
    const statuses = await Promise.all(streams.map(statusOf));
    // Some are kept until they are overdue, which makes room for others.
    expect(statuses).toContain('8');
    expect(statuses).toEqual(statuses.map(() => expect.stringMatching(/^[48]$/)));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
  });

  it('keeps little for clients that append and never read the answers', async () => {
    const sessionOfMany = openSession();
    const streams = Array.from({ length: 20 }, () => call(sessionOfMany, 'BatchAppend'));
    const request = encodeFrame(batchAppendReq, { correlationId: randomBytes(16), isFinal: true });
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => request));
    const before = process.memoryUsage().rss;
    for (const stream of streams) stream.write(many);
    await sleep(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
  });
});

it('with TLS, cuts who never shakes hands, and stops nevertheless', async () => {
  const tls = makeCertificateAuthority().issue('node');
  const secure = await startEventStore({ dataDir: join(dir, 'tls'), tls, limits });
  const connectTo = () => {
    const socket = connectSocket(secure.port, '127.0.0.1').on('error', () => socket.destroy());
    return socket.resume();
  };
  await once(connectTo(), 'close');
  const late = connectTo();
  await once(late, 'connect');
  await secure.close();
  if (!late.closed) await once(late, 'close');
  expect(late.destroyed).toBe(true);
});
