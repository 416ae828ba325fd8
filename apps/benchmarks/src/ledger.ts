import { startEventStore } from '@florin/embedded';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

interface LedgerFigures {
  readonly commands: number;
  readonly perSecond: number;
}

/** The wallet's own writer, in a process of its own, against the embedded event store in this one. */
export async function benchLedger(say: (line: string) => void): Promise<LedgerFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-bench-'));
  const store = await startEventStore({ dataDir });
  try {
    const bench = fileURLToPath(new URL('../../wallet/dist/ledgers/ledger.bench.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [bench, store.url]);
    const figures = JSON.parse(stdout) as LedgerFigures;
    say(`${figures.commands} commands decided and durably appended: ${figures.perSecond} per second`);
    return figures;
  } finally {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
