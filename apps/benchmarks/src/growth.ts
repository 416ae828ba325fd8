import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { withEngine } from './engine-process.js';
import { slope } from './measure.js';
import { residentBytes } from './process-cpu.js';

type Say = (line: string) => void;

export interface GrowthTask {
  readonly url: string;
  readonly accounts: number;
  readonly transfers: number;
  readonly samples: number;
  /** How many transfers take the seven days of the ids' window; unless set, the clock is the real one. */
  readonly transfersInWindow?: number;
}

export interface Sample {
  /** Since the accounts were opened. */
  readonly transfers: number;
  readonly perSecond: number;
  readonly cpuUsPerTransfer: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Heap and buffers of the writer's process, collected. */
  readonly bytesInUse: number;
}

export type GrowthMessage = { bytesPerAccount: number } | { sample: Sample } | { error: string } | 'done';

interface Size extends Omit<Sample, 'transfers' | 'bytesInUse'> {
  readonly accounts: number;
  readonly bytesPerAccount: number;
}

const sizes = [1_000, 100_000, 1_000_000];
const given = process.env['BENCH_ENTRIES'];

/** What a transfer costs in books of a thousand, a hundred thousand and a million accounts, through the wallet's writer. */
export async function benchGrowth(say: Say): Promise<{ sizes: Size[]; dearestToCheapest: number }> {
  const transfers = Number(given ?? 300_000);
  const figures: Size[] = [];
  for (const accounts of sizes) {
    const { bytesPerAccount, samples } = await withEngine('event-store', undefined, (url) =>
      // The first sample is the warm-up.
      grow({ url, accounts, transfers: transfers * 2, samples: 2 }),
    );
    const { perSecond, cpuUsPerTransfer, p50Ms, p99Ms } = samples.at(-1) as Sample;
    figures.push({ accounts, bytesPerAccount, perSecond, cpuUsPerTransfer, p50Ms, p99Ms });
    say(
      `${accounts} accounts: ${bytesPerAccount} bytes each; a transfer takes ${cpuUsPerTransfer} us of CPU, ` +
        `${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
    );
  }
  const costs = figures.map(({ cpuUsPerTransfer }) => cpuUsPerTransfer);
  const dearestToCheapest = Math.round((Math.max(...costs) / Math.min(...costs)) * 100) / 100;
  say(`the dearest takes ${dearestToCheapest} of the cheapest`);
  return { sizes: figures, dearestToCheapest };
}

interface Soak {
  readonly accounts: number;
  readonly transfers: number;
  readonly samples: readonly (Sample & { readonly storeBytes: number })[];
  /** Over the samples after the first window of ids, by least squares, for a million transfers. */
  readonly perMillion: { readonly bytes: number; readonly storeBytes: number; readonly p50Ms: number };
}

const soakAccounts = 10_000;
const soakSamples = 20;
/** Of the samples; until then the ids of the last seven days become more. */
const windowsShare = 5;

/** Ten million transfers on a fast clock: whether memory, CPU and latency stay what they are. */
export function benchSoak(say: Say): Promise<Soak> {
  const transfers = Number(given ?? 10_000_000);
  return withEngine('event-store', undefined, async (url, enginePid) => {
    const samples: (Sample & { storeBytes: number })[] = [];
    const task = { url, accounts: soakAccounts, transfers, samples: soakSamples };
    await grow({ ...task, transfersInWindow: transfers / windowsShare }, (sample) => {
      const storeBytes = enginePid === undefined ? 0 : residentBytes(enginePid);
      samples.push({ ...sample, storeBytes });
      say(
        `${sample.transfers} transfers: ${sample.cpuUsPerTransfer} us of CPU, ${sample.perSecond}/s, p50 ${sample.p50Ms} ms, ` +
          `p99 ${sample.p99Ms} ms, writer ${mib(sample.bytesInUse)} MiB, event store ${mib(storeBytes)} MiB`,
      );
    });
    const steady = samples.slice(soakSamples / windowsShare + 1);
    const perMillionOf = (figure: 'bytesInUse' | 'storeBytes' | 'p50Ms') =>
      slope(steady.map((sample) => [sample.transfers / 1e6, sample[figure]] as const));
    const perMillion = {
      bytes: Math.round(perMillionOf('bytesInUse')),
      storeBytes: Math.round(perMillionOf('storeBytes')),
      p50Ms: Math.round(perMillionOf('p50Ms') * 100) / 100,
    };
    say(
      `a million transfers more: writer ${mib(perMillion.bytes)} MiB, event store ${mib(perMillion.storeBytes)} MiB, ` +
        `p50 ${perMillion.p50Ms} ms`,
    );
    return { accounts: soakAccounts, transfers, samples, perMillion };
  });
}

function mib(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}

/** Opens the accounts and makes the transfers, in a process of its own; tells of each sample. */
async function grow(
  task: GrowthTask,
  onSample?: (sample: Sample) => void,
): Promise<{ bytesPerAccount: number; samples: Sample[] }> {
  const child = fork(fileURLToPath(new URL('./growth-run.js', import.meta.url)), {
    execArgv: ['--expose-gc', '--max-old-space-size=8192'],
  });
  const ended = once(child, 'exit');
  const samples: Sample[] = [];
  let bytesPerAccount = 0;
  const done = new Promise<void>((resolve, reject) => {
    child.on('message', (message: GrowthMessage) => {
      if (message === 'done') return resolve();
      if ('error' in message) return reject(new Error(message.error));
      if ('bytesPerAccount' in message) return void ({ bytesPerAccount } = message);
      samples.push(message.sample);
      onSample?.(message.sample);
    });
    child.once('exit', () => reject(new Error('the writer ended without a word')));
  });
  child.send(task);
  try {
    await done;
    return { bytesPerAccount, samples };
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
}
