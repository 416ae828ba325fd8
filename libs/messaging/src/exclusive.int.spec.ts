import { startPostgres, type PostgresServer } from '@florin/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { Exclusive, holdLead, keptAlive, type ExclusiveOptions } from './exclusive.js';

let dataDir: string;
let postgres: PostgresServer;
let log: string[];
const contenders: Exclusive[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-exclusive-'));
  postgres = await startPostgres({ dataDir, databases: ['exclusive'] });
});

beforeEach(() => {
  log = [];
});

afterEach(async () => {
  await Promise.all(contenders.splice(0).map((contender) => contender.stop()));
});

afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true });
});

function contender(name: string, work: ExclusiveOptions['lead'] = holdLead, silentMs?: number): Exclusive {
  const exclusive = new Exclusive({
    connection: postgres.url('exclusive'),
    name: 'work',
    lead: async (client, signal) => {
      log.push(`${name} begins`);
      try {
        await work(client, signal);
      } finally {
        log.push(`${name} ends`);
      }
    },
    onError: (error, failures) => log.push(`${name} failed ${failures}: ${String(error)}`),
    ...(silentMs !== undefined && { silentMs }),
  });
  contenders.push(exclusive);
  exclusive.start();
  return exclusive;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen');
    await sleep(5);
  }
}

describe('Exclusive', () => {
  it('has the work done by one at a time, and by another when it stops', async () => {
    const first = contender('first');
    await until(() => log.length === 1);
    const second = contender('second');
    await first.stop();
    await until(() => log.length === 3);
    await second.stop();
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('ends the work when the connection, and the lead with it, is lost, and begins again', async () => {
    contender('only');
    await until(() => log.length === 1);
    const other = new Client({ connectionString: postgres.url('exclusive') });
    await other.connect();
    await other.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'florin work'`,
    );
    await other.end();
    await until(() => log.length === 4);
    expect(log).toEqual(['only begins', 'only ends', expect.stringContaining('only failed'), 'only begins']);
  });

  it('tells of work that fails, and begins it again', async () => {
    let runs = 0;
    contender('only', async (client, signal) => {
      runs += 1;
      if (runs < 3) throw new Error(`no ${runs}`);
      await holdLead(client, signal);
    });
    await until(() => log.filter((line) => line === 'only begins').length === 3);
    expect(log.filter((line) => line.includes('failed'))).toEqual([
      'only failed 1: Error: no 1',
      'only failed 2: Error: no 2',
    ]);
  });

  it('takes the lead from one that is silent, as if it had stood still, and lets another have it', async () => {
    const ended = (signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    contender('silent', (_, signal) => ended(signal), 200);
    await until(() => log.length === 1);
    contender('next');
    await until(() => log.includes('next begins'));
    expect(log.slice(0, 3)).toEqual([
      'silent begins',
      'silent ends',
      expect.stringContaining('idle-session timeout'),
    ]);
  });

  it('leaves the lead to one whose work takes long and that shows that it is there', async () => {
    const silentMs = 3_000;
    const work = Promise.withResolvers<void>();
    contender('only', (client) => keptAlive(client, work.promise, 20), silentMs);
    await until(() => log.length === 1);
    await sleep(2 * silentMs);
    expect(log).toEqual(['only begins']);
    work.resolve();
    await until(() => log.length > 1);
    expect(log.slice(0, 2)).toEqual(['only begins', 'only ends']);
  });
});
