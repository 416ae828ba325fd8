import { type BlockReservation, blockSize, reserveBlock } from '@florin/local-stack';
import { alreadyRunning } from './data-folder.js';
import { LaunchError } from './launch-error.js';

export const defaultBase = 7400;
const blocksTried = 50;
const highestBase = 65_500;

/** The base that FLORIN_PORT_BASE asks for. Throws LaunchError for one that cannot be. */
export function parseBase(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const base = Number(text);
  if (Number.isInteger(base) && base >= 1024 && base <= highestBase) return base;
  throw new LaunchError(
    `FLORIN_PORT_BASE must be a whole number from 1024 to ${highestBase}, not "${text}".`,
  );
}

/** Takes the first block from `base` on that no other Florin has. Throws LaunchError when a port of it is in use otherwise. */
export async function choosePorts(base: number, dataDir: string): Promise<BlockReservation> {
  const last = Math.min(base + (blocksTried - 1) * blockSize, highestBase);
  for (let candidate = base; candidate <= last; candidate += blockSize) {
    const result = await reserveBlock(candidate, dataDir);
    if (result.kind === 'reserved') return result;
    if (result.kind === 'foreign') throw portInUse(result.port, candidate);
    if (result.holder.florin === dataDir) {
      throw alreadyRunning(dataDir, result.holder.pid, 'Florin already runs');
    }
  }
  throw new LaunchError(
    `Every block of ports from ${base} to ${last} belongs to another Florin.\n` +
      `Stop one of them, or choose other ports: FLORIN_PORT_BASE=<first port> npm start`,
  );
}

function portInUse(port: number, base: number): LaunchError {
  return new LaunchError(
    `Port ${port} is in use by another program. Florin needs the ports ${base} to ${base + blockSize - 1}.\n` +
      `Stop that program, or choose other ports: FLORIN_PORT_BASE=<first port> npm start`,
  );
}
