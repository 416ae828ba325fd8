import { ledgerStream } from '@florin/contracts';
import { connectEventStore, headOf } from '@florin/event-store';
import { startStack, type Stack } from '@florin/local-stack';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { dialects, pairOf, shapes, type DialectName, type Shape } from './dialects.js';
import { HttpConnection } from './http-connection.js';
import type { LoadFigures, LoadTask } from './ledger-load.js';
import { cpuOfDescendants, type CpuMs } from './process-cpu.js';

type Say = (line: string) => void;

export interface LedgerHttpFigures {
  /** Whether the publisher and the projections ran beside. */
  readonly stack: 'ledger alone' | 'whole stack' | 'target';
  readonly shape: Shape;
  readonly concurrency: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU microseconds for a transfer, by process. */
  readonly cpuUsPerTransfer: Readonly<Record<string, number>>;
  /** That the event store's data grew by; `undefined` where it is not ours. */
  readonly bytesPerTransfer?: number;
  /** Events that the read models lacked when the load ended, and how long they took to catch up. */
  readonly lagEvents?: number;
  readonly catchUpMs?: number;
}

export interface LedgerHttpOptions {
  readonly concurrencies?: readonly number[];
  readonly shapes?: readonly Shape[];
  readonly measuredMs?: number;
  readonly stacks?: readonly ('ledger alone' | 'whole stack')[];
  readonly walletEnv?: Readonly<Record<string, string>>;
}

const accountCount = 1_000;
const fundedMinor = 100_000_000;
const warmUpMs = 2_000;

/** Transfers over the ledger's own API, on a stack of its own; the load comes from a process of its own. */
export async function benchLedgerHttp(
  say: Say,
  options: LedgerHttpOptions = {},
): Promise<{ figures: LedgerHttpFigures[] }> {
  const figures: LedgerHttpFigures[] = [];
  for (const stack of options.stacks ?? (['ledger alone', 'whole stack'] as const)) {
    await withLedger({ alone: stack === 'ledger alone', env: options.walletEnv ?? {} }, async (ledger) => {
      for (const shape of options.shapes ?? shapes) {
        for (const concurrency of options.concurrencies ?? [16, 64, 128]) {
          const figure = await measureShape(ledger, stack, [
            shape,
            concurrency,
            options.measuredMs ?? 10_000,
          ]);
          figures.push(figure);
          say(`${stack}, ${lineOf(figure)}`);
        }
      }
    });
  }
  return { figures };
}

/** Starts the stack, opens and funds the accounts, tells where they are, and stays until it is interrupted. */
export async function prepareLedger(tell: (json: string) => void): Promise<void> {
  await withLedger({ alone: true, env: {} }, async ({ url, token, accounts }) => {
    tell(JSON.stringify({ url, token: await token(), accounts }));
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  });
}

/** The same load on a ledger that runs already. */
export async function benchTarget(
  say: Say,
  target: { url: string; dialect: DialectName; token?: string } & LedgerHttpOptions,
): Promise<{ figures: LedgerHttpFigures[] }> {
  const { url, dialect, token } = target;
  const accounts = newAccounts();
  await prepareAccounts(url, dialect, token, accounts);
  const figures: LedgerHttpFigures[] = [];
  for (const shape of target.shapes ?? shapes) {
    for (const concurrency of target.concurrencies ?? [16, 64, 128]) {
      const measuredMs = target.measuredMs ?? 10_000;
      const load = await runLoad({
        url,
        dialect,
        accounts,
        shape,
        concurrency,
        warmUpMs,
        measuredMs,
        ...(token !== undefined && { token }),
      });
      const figure = { stack: 'target' as const, shape, concurrency, ...ratesOf(load), cpuUsPerTransfer: {} };
      figures.push(figure);
      say(lineOf(figure));
    }
  }
  return { figures };
}

interface Ledger {
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly accounts: readonly string[];
  readonly stack: Stack;
  readonly dataDir: string;
}

async function withLedger(
  { alone, env }: { alone: boolean; env: Readonly<Record<string, string>> },
  work: (ledger: Ledger) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-bench-'));
  const wallet = { ...env, ...(alone && { LEDGER_ALONE: 'true' }) };
  const stack = await startStack({ dataDir, ports: 'free', env: { wallet } });
  try {
    const token = () => serviceToken(stack.urls.identity, join(dataDir, 'keys', 'platform-client-secret'));
    const accounts = newAccounts();
    await prepareAccounts(stack.urls.wallet, 'florin', await token(), accounts);
    await work({ url: stack.urls.wallet, token, accounts, stack, dataDir });
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function newAccounts(): string[] {
  return Array.from({ length: accountCount }, () => `wallet:${uuidv7()}`);
}

async function serviceToken(identityUrl: string, secretFile: string): Promise<string> {
  const body = {
    grant_type: 'client_credentials',
    client_id: 'platform',
    client_secret: await readFile(secretFile, 'utf8'),
  };
  const response = await fetch(`${identityUrl}/internal/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`identity gave no token: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { access_token: string }).access_token;
}

async function prepareAccounts(
  url: string,
  dialect: DialectName,
  token: string | undefined,
  accounts: readonly string[],
): Promise<void> {
  const { headers, prepare } = dialects[dialect];
  const connection = new HttpConnection(new URL(url));
  try {
    for (const { method, path, body } of prepare(accounts, fundedMinor)) {
      const answer = await connection.request(method, path, headers(token), body);
      if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
    }
  } finally {
    connection.close();
  }
}

async function measureShape(
  ledger: Ledger,
  which: 'ledger alone' | 'whole stack',
  [shape, concurrency, measuredMs]: readonly [Shape, number, number],
): Promise<LedgerHttpFigures> {
  const { url, token, accounts, dataDir } = ledger;
  const store = join(dataDir, 'engines', 'event-store');
  let cpuBefore: CpuMs = new Map();
  let bytesBefore = 0;
  const task = {
    url,
    dialect: 'florin',
    token: await token(),
    accounts,
    shape,
    concurrency,
    warmUpMs,
    measuredMs,
  } as const;
  const load = await runLoad(task, async () => {
    cpuBefore = cpuOfDescendants();
    bytesBefore = await bytesIn(store);
  });
  const figure = {
    ...{ stack: which, shape, concurrency, ...ratesOf(load) },
    cpuUsPerTransfer: cpuBetween(cpuBefore, load),
    bytesPerTransfer: Math.round(((await bytesIn(store)) - bytesBefore) / load.transfers),
  };
  return which === 'whole stack' ? { ...figure, ...(await catchUp(ledger)) } : figure;
}

type Measured = LoadFigures & { readonly cpuAfter: CpuMs };

/** Runs the load in a process of its own; `onMeasuring` is called when it is warm. */
async function runLoad(task: LoadTask, onMeasuring?: () => Promise<void>): Promise<Measured> {
  const child = fork(fileURLToPath(new URL('./ledger-load.js', import.meta.url)));
  const outcome = new Promise<Measured>((resolve, reject) => {
    child.on('message', (message: 'measuring' | { figures: LoadFigures } | { error: string }) => {
      if (message === 'measuring') void onMeasuring?.().catch(reject);
      else if ('error' in message) reject(new Error(message.error));
      else resolve({ ...message.figures, cpuAfter: cpuOfDescendants() });
    });
    child.once('exit', () => reject(new Error('the load generator ended without a word')));
  });
  child.send(task);
  try {
    return await outcome;
  } finally {
    if (child.connected) child.disconnect();
    if (child.exitCode === null) await once(child, 'exit');
  }
}

function ratesOf({ transfers, seconds, p50Ms, p99Ms }: LoadFigures) {
  return { perSecond: Math.round(transfers / seconds), p50Ms, p99Ms };
}

function cpuBetween(before: CpuMs, { cpuAfter, cpuMs, transfers }: Measured): Record<string, number> {
  if (cpuAfter.size === 0) return {};
  const used = [...cpuAfter, ['load generator', cpuMs] as const].map(([name, ms]): [string, number] => [
    name,
    Math.round(((ms - (before.get(name) ?? 0)) * 1_000) / transfers),
  ]);
  return Object.fromEntries(used.filter(([, us]) => us > 0).sort(([, a], [, b]) => b - a));
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).blocks * 512;
  }
  return bytes;
}

function lineOf(figure: LedgerHttpFigures): string {
  const { shape, concurrency, perSecond, p50Ms, p99Ms, cpuUsPerTransfer, bytesPerTransfer } = figure;
  const cpu = Object.entries(cpuUsPerTransfer).map(([name, us]) => `${name} ${us}`);
  return (
    `${shape.padEnd(13)} ${String(concurrency).padStart(3)} at once: ${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms` +
    (cpu.length > 0 ? `, CPU us: ${cpu.join(', ')}` : '') +
    (bytesPerTransfer === undefined ? '' : `, ${bytesPerTransfer} bytes`) +
    (figure.lagEvents === undefined
      ? ''
      : `, ${figure.lagEvents} events behind, caught up in ${figure.catchUpMs} ms`)
  );
}

const catchUpLimitMs = 600_000;

/**
 * How far projection and publisher are behind at the end of a load, and how long they take. The publisher notes its place with
 * what comes next: a transfer is sent now and then, so that something does.
 */
async function catchUp(ledger: Ledger): Promise<{ lagEvents: number; catchUpMs: number }> {
  const { stack, url, token, accounts } = ledger;
  const { headers, one } = dialects.florin;
  const store = connectEventStore(stack.eventStoreUrl);
  const database = new Client(stack.databaseUrl('wallet'));
  const connection = new HttpConnection(new URL(url));
  const bearer = headers(await token());
  await database.connect();
  const place = async (): Promise<number> => {
    const { rows } = await database.query<{ revision: string }>(
      'SELECT min(revision) AS revision FROM progress',
    );
    return Number(rows[0]?.revision ?? -1);
  };
  try {
    const startedAt = performance.now();
    const head = Number(await headOf(store, ledgerStream('it-eur')));
    const lagEvents = Math.max(0, head - (await place()));
    while ((await place()) < head) {
      if (performance.now() - startedAt > catchUpLimitMs) throw new Error('the read models do not catch up');
      const { path, body } = one(pairOf('many pairs', accounts, 0));
      await connection.request('POST', path, bearer, body);
      await sleep(300);
    }
    return { lagEvents, catchUpMs: Math.round(performance.now() - startedAt) };
  } finally {
    connection.close();
    await database.end();
    await store.close();
  }
}
