import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceName, serviceNames } from './names.js';
import { type BlockReservation, reserveFreeBlock } from './port-block.js';
import { Services } from './services.js';

/** A service as small as one can be: migrates, answers, stops when told or when its parent is gone. */
const fakeService = `
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
const { NAME, PORT, TRACE, FAIL } = process.env;
const note = (text) => appendFileSync(TRACE, text + ' ' + NAME + ' ' + process.pid + '\\n');
const command = process.argv[2] ?? 'serve';
if (FAIL === command + ' ' + NAME) { console.error(NAME + ' has no luck'); process.exit(78); }
if (command === 'migrate') { note('migrated'); process.exit(0); }
const stop = (why) => { note(why); process.exit(0); };
process.on('SIGTERM', () => FAIL === 'stubborn ' + NAME ? note('stubborn') : stop('stopped'));
process.stdin.on('close', () => stop('orphaned')).resume();
createServer((request, response) => response.end()).listen(PORT, '127.0.0.1', () => note('started'));
`;

let dataDir: string;
let reservation: BlockReservation;
let services: Services;
const unexpected: string[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'florin services '));
  mkdirSync(join(dataDir, 'logs'));
  writeFileSync(join(dataDir, 'service.mjs'), fakeService);
  writeFileSync(join(dataDir, 'trace'), '');
  reservation = await reserveFreeBlock(dataDir);
  services = servicesThat();
  unexpected.length = 0;
});

afterEach(async () => {
  await services.stop();
  await reservation.release();
  rmSync(dataDir, { recursive: true });
});

function servicesThat(fail = ''): Services {
  const { ports } = reservation;
  return new Services({
    dataDir,
    ports,
    environment: (name) => ({
      NAME: name,
      PORT: String(ports[name]),
      TRACE: join(dataDir, 'trace'),
      FAIL: fail,
    }),
    onUnexpectedEnd: (name, how) => unexpected.push(`${name}: ${how}`),
    programOf: () => join(dataDir, 'service.mjs'),
  });
}

const startAll = (signal = new AbortController().signal) => services.startAll(signal, () => undefined);
const trace = () =>
  readFileSync(join(dataDir, 'trace'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ') as [string, ServiceName, string]);
const whatDid = (name: ServiceName) =>
  trace().flatMap(([event, service]) => (service === name ? [event] : []));
const pids = () => trace().map(([, , pid]) => Number(pid));
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const untilGone = async (all: number[]) => {
  for (let waitedMs = 0; all.some(isAlive); waitedMs += 50) {
    if (waitedMs > 10_000) throw new Error('There are processes left.');
    await sleep(50);
  }
};

describe('Services', () => {
  it('migrates each before it starts, and stops the gateway before the others', async () => {
    await startAll();
    for (const name of serviceNames)
      expect((await fetch(`${services.urls[name]}/health/ready`)).ok).toBe(true);
    await services.stop();
    expect(whatDid('gateway')).toEqual(['started', 'stopped']);
    expect(whatDid('payments')).toEqual(['migrated', 'started', 'stopped']);
    expect(trace().find(([event]) => event === 'stopped')?.[1]).toBe('gateway');
    expect(pids().filter(isAlive)).toEqual([]);
    expect(unexpected).toEqual([]);
  });

  it.each(['migrate identity', 'serve wallet'])('leaves nothing behind when "%s" fails', async (fail) => {
    services = servicesThat(fail);
    await expect(startAll()).rejects.toThrow(/exit code 78[^]*has no luck/);
    expect(pids().filter(isAlive)).toEqual([]);
  });

  it('starts a killed service again, and tells apart who killed it', async () => {
    await startAll();
    await services.kill('wallet', 'SIGKILL');
    await expect(services.kill('wallet', 'SIGKILL')).rejects.toThrow('wallet does not run.');
    await services.start('wallet');
    await expect(services.start('wallet')).rejects.toThrow('wallet runs already.');
    expect(unexpected).toEqual([]);

    const [, , pid] = trace().at(-1) ?? [];
    services.signal('wallet', 'SIGKILL');
    await untilGone([Number(pid)]);
    for (let waited = 0; unexpected.length === 0 && waited < 100; waited += 1) await sleep(10);
    expect(unexpected).toEqual(['wallet: SIGKILL']);
    expect(() => services.signal('wallet', 'SIGKILL')).toThrow('wallet does not run.');
  });

  it('leaves nothing of a service that cannot be started again', async () => {
    await startAll();
    await services.kill('wallet', 'SIGKILL');
    const blocker = createServer((socket) => socket.destroy()).listen(reservation.ports.wallet, '127.0.0.1');
    await once(blocker, 'listening');
    await expect(services.start('wallet')).rejects.toThrow(/^wallet did not start \(exit code 1\)\.\n/);
    await new Promise((resolve) => blocker.close(resolve));
    await services.start('wallet');
    expect((await fetch(services.urls.wallet)).ok).toBe(true);
    expect(unexpected).toEqual([]);
  });

  it('starts a second instance beside the first, and stops both', async () => {
    await startAll();
    const second = await services.startAnother('payments');
    const killed = await services.startAnother('payments');
    expect(second.url).not.toBe(services.urls.payments);
    for (const url of [services.urls.payments, second.url, killed.url])
      expect((await fetch(`${url}/health/ready`)).ok).toBe(true);
    await killed.kill('SIGKILL');
    await services.stop();
    expect(whatDid('payments')).toEqual(['migrated', 'started', 'started', 'started', 'stopped', 'stopped']);
    expect(pids().filter(isAlive)).toEqual([]);
    expect(unexpected).toEqual([]);
  });

  it('kills what does not stop', async () => {
    services = servicesThat('stubborn catalog');
    await startAll();
    await services.stop();
    expect(whatDid('catalog')).toEqual(['migrated', 'started', 'stubborn']);
    expect(pids().filter(isAlive)).toEqual([]);
  });

  it('breaks off a start', async () => {
    const controller = new AbortController();
    const starting = startAll(controller.signal);
    controller.abort();
    await expect(starting).rejects.toThrow('interrupted');
    expect(services.logs('wallet')).toBe('');
  });

  it('ends with the process that started it, also after kill -9', async () => {
    // The child's pipe is what counts: this process holds it as a supervisor would.
    const supervisor = `
      import { spawn } from 'node:child_process';
      const [program, ...rest] = ${JSON.stringify([process.execPath, join(dataDir, 'service.mjs')])};
      spawn(program, rest, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
      setInterval(() => {}, 1000);`;
    const { ports } = reservation;
    const env = { NAME: 'wallet', PORT: String(ports.wallet), TRACE: join(dataDir, 'trace') };
    const parent = spawn(process.execPath, ['--input-type=module', '-e', supervisor], {
      env,
      stdio: 'ignore',
    });
    for (let waited = 0; waited < 200 && !(await answers(ports.wallet)); waited += 1) await sleep(50);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await untilGone(pids());
    expect(whatDid('wallet')).toEqual(['started', 'orphaned']);
  });
});

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).ok;
  } catch {
    return false;
  }
}
