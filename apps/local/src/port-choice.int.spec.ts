import { type BlockReservation, portsOfBlock, reserveBlock, reserveFreeBlock } from '@florin/local-stack';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { choosePorts, parseBase } from './port-choice.js';

const held: BlockReservation[] = [];
afterEach(async () => {
  for (const reservation of held.splice(0)) await reservation.release();
});

/** Two neighbouring blocks that were free a moment ago. */
async function freeBase(): Promise<number> {
  for (;;) {
    const first = await reserveFreeBlock('/probe');
    const second = await reserveBlock(first.base + 20, '/probe');
    await first.release();
    if (second.kind !== 'reserved') continue;
    await second.release();
    return first.base;
  }
}

async function choose(base: number, dataDir: string): Promise<BlockReservation> {
  const reservation = await choosePorts(base, dataDir);
  held.push(reservation);
  return reservation;
}

describe('choosePorts', () => {
  it('gives the next block to a second clone', async () => {
    const base = await freeBase();
    expect((await choose(base, '/one')).base).toBe(base);
    expect((await choose(base, '/two')).base).toBe(base + 20);
  });

  it('refuses a second start over the same data', async () => {
    const base = await freeBase();
    await choose(base, '/one');
    const message = `already runs over this data (process ${process.pid}, /one)`;
    await expect(choose(base, '/one')).rejects.toThrow(message);
  });

  it('names a port that another program has, and how to choose others', async () => {
    const base = await freeBase();
    const { kafka } = portsOfBlock(base);
    const program = createServer().listen(kafka, '127.0.0.1');
    await once(program, 'listening');
    const message = new RegExp(`Port ${kafka} is in use by another program[^]*FLORIN_PORT_BASE=`);
    await expect(choose(base, '/one')).rejects.toThrow(message);
    await new Promise((resolve) => program.close(resolve));
  });
});

describe('parseBase', () => {
  it('reads a base, or nothing', () => {
    expect(parseBase('8400')).toBe(8400);
    expect(parseBase(undefined)).toBeUndefined();
    expect(parseBase('')).toBeUndefined();
  });

  it.each(['80', '65535', '7400.5', 'seven'])('refuses %s', (text) => {
    expect(() => parseBase(text)).toThrow(`not "${text}"`);
  });
});
