import { portsOfBlock, reserveFreeBlock, serviceNames } from '@florin/local-stack';
import { eventually } from '@florin/testing';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Launcher, listens, processesNaming } from './launcher.js';
import { kafkaKind } from './world.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const npmStart = [join(root, 'tools', 'run.mjs'), 'start', '--kafka', kafkaKind];
const local = (command: string) => [
  join(root, 'apps', 'local', 'dist', 'main.js'),
  command,
  '--kafka',
  kafkaKind,
];
const lastLine = 'Ctrl-C stops everything.';
const readyMs = 120_000;
const stoppedMs = 60_000;

describe('npm start', () => {
  let folder: string;
  let dataDir: string;
  let base: number;
  const launched: Launcher[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin start '));
    dataDir = join(folder, 'data');
    await mkdir(join(folder, 'tmp'));
    const block = await reserveFreeBlock(folder);
    base = block.base;
    await block.release();
  });

  afterAll(async () => {
    for (const launcher of launched) launcher.signal('SIGINT');
    await Promise.all(launched.map(({ ended }) => ended));
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  /** Every process that comes of it has the folder in its environment or on its command line. */
  function launch(program: readonly string[], env: Record<string, string> = {}): Launcher {
    const launcher = new Launcher(program, {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      ...(process.env['JAVA_HOME'] && { JAVA_HOME: process.env['JAVA_HOME'] }),
      TMPDIR: join(folder, 'tmp'),
      FLORIN_DATA: dataDir,
      FLORIN_PORT_BASE: String(base),
      ...env,
    });
    launched.push(launcher);
    return launcher;
  }

  /** A start that cannot be: one message, exit code 1. */
  async function refused(program: readonly string[], env: Record<string, string>): Promise<string> {
    const launcher = launch(program, env);
    expect([await launcher.ended, launcher.stdout]).toEqual([1, '']);
    expect(launcher.stderr).not.toMatch(/^\s+at /m);
    return launcher.stderr;
  }

  /** Pastes what the screen says into a shell; the answers are JSON, a line each. */
  async function paste(screen: string): Promise<Record<string, unknown>[]> {
    const script = /^api=.*?(?=\n\n)/ms.exec(screen)?.[0] ?? '';
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
    expect(stderr).toBe('');
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async function expectNothingLeft(): Promise<void> {
    await eventually(() => expect(processesNaming(folder)).toEqual([]), stoppedMs);
    for (const port of Object.values(portsOfBlock(base)))
      expect([port, await listens(port)]).toEqual([port, false]);
  }

  const paid = { status: 'completed', amount: { value: 1250, currency: 'EUR' } };
  const balance = { balance: { value: 1250, currency: 'EUR' } };
  let running: Launcher;

  it('prints every address and a first payment that works as pasted', async () => {
    running = launch(npmStart);
    await running.untilPrinted(lastLine, readyMs);
    const screen = running.stdout;
    expect(running.stderr).toContain('Starting the engines');
    const ports = portsOfBlock(base);
    for (const port of Object.values(ports)) expect(screen).toContain(`127.0.0.1:${port}`);
    expect(screen).toContain(dataDir);
    for (const service of serviceNames) {
      expect((await fetch(`http://127.0.0.1:${ports[service]}/health/ready`)).status).toBe(200);
    }
    const docs = /http\S+\/docs/.exec(screen)?.[0] ?? '';
    expect(await (await fetch(docs)).text()).toContain('<html');
    const [funding, payment, wallet] = await paste(screen);
    expect(funding).toMatchObject({ status: 'completed' });
    expect(payment).toMatchObject(paid);
    expect(wallet).toMatchObject(balance);
  }, 240_000);

  it('refuses a second start over the same data, and the first goes on', async () => {
    const message = await refused(npmStart, { FLORIN_PORT_BASE: String(base + 1000) });
    expect(message).toContain(`Florin already runs at http://127.0.0.1:${base} over this data`);
    expect(message).toContain('FLORIN_DATA=<folder> npm start');
    expect((await fetch(`http://127.0.0.1:${base}/health/ready`)).status).toBe(200);
  }, 60_000);

  it('stops everything on Ctrl-C', async () => {
    running.signal('SIGINT');
    expect(await running.ended).toBe(0);
    expect(running.stderr).toMatch(/Stopped\.\n$/);
    await expectNothingLeft();
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
  }, 120_000);

  it('finds the same balances at its second start', async () => {
    running = launch(local('start'));
    await running.untilPrinted(lastLine, readyMs);
    // The same people sign in again, and the same keys stand for the same payment.
    const [, payment, wallet] = await paste(running.stdout);
    expect(payment).toMatchObject(paid);
    expect(wallet).toMatchObject(balance);
  }, 240_000);

  it('starts an engine again that has ended by itself', async () => {
    if (process.platform !== 'linux') return;
    const [engine = ''] = processesNaming(folder).filter((line) => line.includes('"engine":"eventStore"'));
    process.kill(Number(/^\d+/.exec(engine)?.[0]), 'SIGKILL');
    await eventually(() => expect(running.stderr).toContain('eventStore is ready again.'));
    expect(running.stderr).toContain(
      `eventStore ended by itself (SIGKILL); its log is ${dataDir}/logs/event-store.log.`,
    );
    const ready = `http://127.0.0.1:${portsOfBlock(base).wallet}/health/ready`;
    await eventually(async () => expect((await fetch(ready)).status).toBe(200));
  }, 120_000);

  it('leaves no process when it is killed (kill -9)', async () => {
    if (process.platform === 'linux') {
      const alive = processesNaming(folder).join('\n');
      for (const name of serviceNames) expect(alive).toContain(join('apps', name, 'dist', 'main.js'));
      expect(alive).toContain('engine.main.js');
      expect(alive).toContain('postgres');
      if (kafkaKind !== 'embedded') expect(alive).toContain('kafka.Kafka');
    }
    running.signal('SIGKILL');
    expect(await running.ended).toBe('SIGKILL');
    await expectNothingLeft();
  }, 120_000);

  it('leaves no process when Ctrl-C breaks off its first start', async () => {
    const broken = launch(local('start'), { FLORIN_DATA: join(folder, 'broken') });
    const engines = join(folder, 'broken', 'engines', 'postgres');
    await eventually(() => expect(readdirSync(engines)).toContainEqual(expect.stringMatching(/^initdb-/)));
    broken.signal('SIGINT');
    expect(await broken.ended).toBe(130);
    expect(broken.stderr).toMatch(/nothing is left running\.\n$/);
    await expectNothingLeft();
  }, 120_000);

  it('says which port is in use, and touches nothing', async () => {
    const other = createServer().listen(base + 3, '127.0.0.1');
    await once(other, 'listening');
    try {
      const elsewhere = join(folder, 'elsewhere');
      const message = await refused(local('start'), { FLORIN_DATA: elsewhere });
      expect(message).toContain(`Port ${base + 3} is in use`);
      expect(message).toContain('FLORIN_PORT_BASE=<first port> npm start');
      expect(existsSync(join(elsewhere, 'engines'))).toBe(false);
    } finally {
      other.close();
    }
  });

  it('says when it cannot write its data', async () => {
    await writeFile(join(folder, 'a-file'), '');
    const message = await refused(local('start'), { FLORIN_DATA: join(folder, 'a-file', 'data') });
    expect(message).toMatch(/^Cannot write in .*a-file.data \(ENOTDIR\)/);
    expect(message).toContain('FLORIN_DATA=<folder> npm start');
  });

  it('refuses production, and names the real engines', async () => {
    const message = await refused(local('engines'), { NODE_ENV: 'production' });
    expect(message).toMatch(/Apache Kafka, EventStoreDB .* and PostgreSQL/);
    await expectNothingLeft();
  }, 60_000);
});
