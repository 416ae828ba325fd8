import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import {
  askHolder,
  type BlockReservation,
  portsOfBlock,
  reservationPort,
  reserveBlock,
  reserveFreeBlock,
} from './port-block.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function freeBlock(dataDir = '/data/one'): Promise<BlockReservation> {
  const reservation = await reserveFreeBlock(dataDir);
  cleanUps.push(() => reservation.release());
  return reservation;
}

async function hold(port: number): Promise<Server> {
  const server = createServer((socket) => socket.end('not http\n').destroySoon()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  return server;
}

describe('a block of ports', () => {
  it('gives every process a port of its own, none of them the reservation', () => {
    const ports = Object.values(portsOfBlock(7400));
    expect(new Set([...ports, reservationPort(7400)]).size).toBe(ports.length + 1);
    expect(portsOfBlock(7400)).toMatchObject({
      gateway: 7400,
      gatewayMetrics: 7406,
      postgres: 7410,
      eventStore: 7411,
      kafka: 7412,
    });
  });

  it('is held by one stack, and tells others by whom', async () => {
    const { base } = await freeBlock('/data/one');
    const holder = { florin: '/data/one', pid: process.pid };
    expect(await askHolder(base)).toEqual(holder);
    expect(await reserveBlock(base, '/data/two')).toEqual({ kind: 'florin', holder });
  });

  it('is free again after its release', async () => {
    const { base, release } = await reserveFreeBlock('/data/one');
    await release();
    expect(await askHolder(base)).toBeUndefined();
    const again = await reserveBlock(base, '/data/two');
    expect(again.kind).toBe('reserved');
    if (again.kind === 'reserved') await again.release();
  });

  it.each([
    ['a port of a service', (base: number) => portsOfBlock(base).wallet],
    ['the reservation port', reservationPort],
  ])('is not taken when another program has %s', async (_, portOf) => {
    const { base, release } = await reserveFreeBlock('/data/one');
    await release();
    const port = portOf(base);
    await hold(port);
    expect(await reserveBlock(base, '/data/one')).toEqual({ kind: 'foreign', port });
    expect(await askHolder(base)).toBeUndefined();
  });
});
