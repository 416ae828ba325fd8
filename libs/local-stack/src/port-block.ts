import { randomInt } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { z } from 'zod';
import type { PortPlan } from './names.js';

/** Ports come in blocks of this size, so that several stacks stand side by side. */
export const blockSize = 20;
const reservationOffset = 19;
const askTimeoutMs = 1000;

/** Blocks for 'free' lie under the ports that systems give to outgoing connections (from 32768), which nobody can reserve. */
const freeRange = { from: 20_000, to: 32_000 };
const freeAttempts = 100;

/** Who holds a block: what its reservation port answers to anyone who asks by HTTP. */
const holderSchema = z.object({ florin: z.string(), pid: z.int() });
export type BlockHolder = z.infer<typeof holderSchema>;

export interface BlockReservation {
  readonly kind: 'reserved';
  readonly base: number;
  readonly ports: PortPlan;
  release(): Promise<void>;
}

export type ReservationResult =
  | BlockReservation
  /** Another Florin has the block. */
  | { readonly kind: 'florin'; readonly holder: BlockHolder }
  /** A program that is no Florin has one of its ports. */
  | { readonly kind: 'foreign'; readonly port: number };

/** The ports of the block that begins at `base`. */
export function portsOfBlock(base: number): PortPlan {
  return {
    gateway: base,
    identity: base + 1,
    wallet: base + 2,
    payments: base + 3,
    catalog: base + 4,
    notifications: base + 5,
    gatewayMetrics: base + 6,
    postgres: base + 10,
    eventStore: base + 11,
    kafka: base + 12,
  };
}

/** The port whose listener marks the block at `base` as taken. */
export function reservationPort(base: number): number {
  return base + reservationOffset;
}

/** Takes the block at `base` for the stack over `dataDir`, or says who is in the way. It stays taken until released. */
export async function reserveBlock(base: number, dataDir: string): Promise<ReservationResult> {
  const marker = createHttpServer((_request, response) => {
    const holder: BlockHolder = { florin: dataDir, pid: process.pid };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(holder));
  });
  const port = reservationPort(base);
  if (!(await listens(marker, port))) {
    const holder = await askHolder(base);
    return holder === undefined ? { kind: 'foreign', port } : { kind: 'florin', holder };
  }
  const ports = portsOfBlock(base);
  const taken = await firstTaken(Object.values(ports));
  if (taken !== undefined) {
    await close(marker);
    return { kind: 'foreign', port: taken };
  }
  marker.unref();
  const release = () => {
    marker.closeAllConnections();
    return close(marker);
  };
  return { kind: 'reserved', base, ports, release };
}

/** Takes some free block. */
export async function reserveFreeBlock(dataDir: string): Promise<BlockReservation> {
  for (let attempt = 0; attempt < freeAttempts; attempt += 1) {
    const base = freeRange.from + blockSize * randomInt((freeRange.to - freeRange.from) / blockSize);
    const result = await reserveBlock(base, dataDir);
    if (result.kind === 'reserved') return result;
  }
  throw new Error(`Found no ${blockSize} free ports from ${freeRange.from} to ${freeRange.to}.`);
}

/** The Florin that holds the block at `base`; `undefined` where none answers. */
export async function askHolder(base: number): Promise<BlockHolder | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${reservationPort(base)}/`, {
      signal: AbortSignal.timeout(askTimeoutMs),
    });
    return holderSchema.safeParse(await response.json()).data;
  } catch {
    // Nobody there, or somebody who does not speak as we do: no Florin.
    return undefined;
  }
}

async function firstTaken(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) {
    const probe = createServer();
    if (!(await listens(probe, port))) return port;
    await close(probe);
  }
  return undefined;
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: ports that this user may not take, or that the system keeps for itself.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
