import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../free-port.js';
import { candidateAccounts, chooseAccount, type Runner } from './account.js';
import { binariesIn, locateBinaries, type PostgresBinaries } from './binaries.js';
import { createCluster } from './cluster.js';
import { type PostgresServer, startPostgres } from './postgres.server.js';
import { readLockFile, startServerProcess } from './server-process.js';

let dataDir: string;
const running = new Set<PostgresServer>();

beforeEach(() => {
  // A folder that only its owner may enter, with a space in its path.
  dataDir = join(mkdtempSync(join(tmpdir(), 'florin postgres ')), 'postgres');
});

afterEach(async () => {
  await Promise.all([...running].map((server) => server.close()));
  running.clear();
  rmSync(join(dataDir, '..'), { recursive: true });
});

async function start(databases = ['identity', 'wallet'], port = 0): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, databases, port });
  running.add(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

const serverPid = () => readLockFile(join(dataDir, 'cluster'))?.pid ?? fail('no server');
const fail = (message: string): never => {
  throw new Error(message);
};
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('startPostgres', () => {
  it('gives each database to a role of its own, which may enter no other', async () => {
    const server = await start();
    await query(server.url('identity'), 'CREATE TABLE people (id int)');
    const [version] = await query(server.url('identity'), 'SHOW server_version');
    expect(version).toEqual({ server_version: expect.stringMatching(/^18\./) as unknown });
    const foreign = server.url('identity').replace(/identity$/, 'wallet');
    await expect(query(foreign, 'SELECT 1')).rejects.toThrow('permission denied for database "wallet"');
    const wrong = server.url('identity').replace(/:[^:@]+@/, ':wrong@');
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(join(dataDir, 'credentials.json')).mode & 0o777).toBe(0o600);
    expect(() => server.url('nothing')).toThrow('There is no database nothing.');
  });

  it('keeps what was committed over a restart, and adds databases that are new', async () => {
    const first = await start(['identity']);
    await query(first.url('identity'), 'CREATE TABLE people AS SELECT 7 AS id');
    await first.close();
    expect(readLockFile(join(dataDir, 'cluster'))).toBeUndefined();

    const second = await start(['identity', 'payments']);
    expect(await query(second.url('identity'), 'SELECT id FROM people')).toEqual([{ id: 7 }]);
    expect(await query(second.url('payments'), 'SELECT current_user')).toEqual([
      { current_user: 'payments' },
    ]);
  });

  it('recovers what was committed after kill -9', async () => {
    const first = await start();
    await query(first.url('wallet'), 'CREATE TABLE balances AS SELECT generate_series(1, 100) AS id');
    expect(first.pid).toBe(serverPid());
    process.kill(first.pid, 'SIGKILL');
    await first.exited;

    const second = await start();
    expect(await query(second.url('wallet'), 'SELECT count(*)::int AS n FROM balances')).toEqual([
      { n: 100 },
    ]);
  });

  it('starts although a lock file names another program, as after a restart of the machine', async () => {
    await (await start()).close();
    writeFileSync(
      join(dataDir, 'cluster', 'postmaster.pid'),
      `${process.ppid}\n${dataDir}\n1\n1\n\n\n\nready\n`,
    );
    const server = await start();
    expect(serverPid()).not.toBe(process.ppid);
    await server.close();
  });

  it('refuses a second start over the same data and leaves the first alone', async () => {
    const server = await start();
    const pid = serverPid();
    await expect(start()).rejects.toThrow(`process ${pid}) already runs over`);
    expect(await query(server.url('wallet'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says that a port is in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    await expect(start([], port)).rejects.toThrow(`Port ${port} is in use.`);
    holder.close();
    expect((await start([], port)).port).toBe(port);
  });

  it('refuses names that would need quoting', async () => {
    await expect(start(['wallet"; DROP'])).rejects.toThrow('Not a name for a database');
  });

  it('refuses to make new passwords for an old database', async () => {
    await (await start()).close();
    rmSync(join(dataDir, 'credentials.json'));
    await expect(start()).rejects.toThrow('credentials.json is missing');
  });

  it('stops when the process that started it is killed', async () => {
    await (await start()).close();
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', await ownerScript()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await Promise.race([once(owner.stdout, 'data'), once(owner, 'exit')]);
    const pid = serverPid();
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await untilGone(pid);
  });
});

describe('chooseAccount', () => {
  /** The programs where nobody but their owner may enter, as in a clone under such a folder. */
  function closedBinaries(): PostgresBinaries {
    const { folder, version } = locateBinaries();
    const closed = join(dataDir, '..', 'native');
    cpSync(folder, closed, { recursive: true, verbatimSymlinks: true });
    return binariesIn(closed, `${version}-of-a-test-${process.pid}`);
  }

  const cases = candidateAccounts().flatMap((account) =>
    [locateBinaries, closedBinaries].map((locate) => ({ name: account.name, account, locate })),
  );

  it.each(cases)('can make and run a server as $name with $locate.name', async ({ account, locate }) => {
    mkdirSync(dataDir);
    const runner = await chooseAccount(locate(), dataDir, [account]);
    expect(runner.account).toBe(account);
    await createCluster(runner.binaries.initdb, account, dataDir, 'secret');
    const port = await freePort();
    const server = await startServerProcess(
      serverCommand(runner, port),
      join(dataDir, 'cluster'),
      () => undefined,
    );
    try {
      const url = `postgres://postgres:secret@127.0.0.1:${port}/postgres`;
      expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      await server.stop();
      if (runner.binaries.version.includes('test') && !runner.binaries.folder.startsWith(join(dataDir, '..')))
        rmSync(runner.binaries.folder, { recursive: true });
    }
  });

  it('says what it tried when nothing works', async () => {
    mkdirSync(dataDir, { recursive: true });
    const impossible = { name: 'no such tool', prefix: ['/nonexistent/tool'] };
    const attempt = chooseAccount(locateBinaries(), dataDir, [impossible]);
    await expect(attempt).rejects.toThrow(/ordinary user[^]*no such tool: .*ENOENT/);
  });
});

function serverCommand({ account, binaries }: Runner, port: number): string[] {
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  return [
    ...account.prefix,
    binaries.postgres,
    '-D',
    join(dataDir, 'cluster'),
    ...settings.flatMap((text) => ['-c', text]),
  ];
}

/** Starts the server over the cluster that is there, says so, and waits to be killed. */
async function ownerScript(): Promise<string> {
  const runner = await chooseAccount(locateBinaries(), dataDir);
  const module = new URL('./server-process.ts', import.meta.url).href;
  const [command, cluster] = [serverCommand(runner, await freePort()), join(dataDir, 'cluster')];
  return `
    const { startServerProcess } = await import(${JSON.stringify(module)});
    await startServerProcess(${[command, cluster].map((value) => JSON.stringify(value)).join()}, () => {});
    console.log('started');`;
}

async function untilGone(pid: number): Promise<void> {
  for (let waitedMs = 0; isAlive(pid); waitedMs += 100) {
    if (waitedMs > 10_000) throw new Error(`Process ${pid} is still there.`);
    await sleep(100);
  }
}
