import { cosignersOf, openCheckpoint } from '@florin/books';
import { generateKey, VerifierKey } from '@florin/proofs';
import { eventually, type Person } from '@florin/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { euros, noLimits, World } from './world.js';

const auditor = fileURLToPath(new URL('../../auditor/dist/main.js', import.meta.url));
const ledger = 'it-eur';
const origin = `florin.example/ledger/${ledger}`;
const key = generateKey('witness.example', 'cosignature/v1');

describe('a witness', () => {
  let world: World;
  let port: number;
  let anna: Person;
  let bruno: Person;
  let bookKey: string;
  let witness: ChildProcess | undefined;

  beforeAll(async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    server.close();
    world = await World.start(noLimits, { WITNESSES: `${key} http://127.0.0.1:${port}` });
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await world.api.register({ name: 'Bruno Bianchi', phone: '+393331000002' });
    await anna.fund(20_000);
    const { body } = await world.api.call<{ items: { key: string }[] }>('GET', `/v1/ledgers/${ledger}/keys`);
    bookKey = body.items[0]!.key;
  }, 180_000);

  afterAll(async () => {
    await stop();
    await world?.close();
  }, 60_000);

  const state = (): string => join(world.dataDir, 'witness.json');

  const start = (): void => {
    const args = ['witness', '--state', state(), '--port', String(port), '--key', bookKey];
    const env = { WITNESS_SIGNING_KEY: key.reveal() };
    witness = spawn(process.execPath, [auditor, ...args], { env, stdio: 'ignore' });
  };

  const stop = async (): Promise<void> => {
    if (witness === undefined || witness.exitCode !== null) return;
    const ended = once(witness, 'exit');
    witness.kill();
    await ended;
  };

  const text = async (path: string): Promise<string> =>
    (await fetch(`${world.stack.urls.wallet}${path}`)).text();
  const told = async (outcome: string): Promise<void> => {
    const metrics = await text('/metrics');
    expect(metrics).toMatch(new RegExp(`witness_answers_total\\{.*outcome="${outcome}".*\\} [1-9]`));
    expect(JSON.parse(await text('/health/ready'))).toMatchObject({ status: 'ok' });
  };
  const cosigned = async (): Promise<number> => {
    const note = await text(`/v1/ledgers/${ledger}/checkpoint`);
    expect(cosignersOf(note, [key.verifier])).toHaveLength(1);
    return openCheckpoint(note, ledger, [VerifierKey.parse(bookKey)]).size;
  };

  it('that is away is told of, and signs the newest head when it comes', async () => {
    await eventually(() => told('unreachable'));
    start();
    const size = await eventually(cosigned, 90_000);
    await told('signed');

    // After a restart it stands where it stood.
    await stop();
    await anna.pay(euros(bruno, 100));
    start();
    await eventually(async () => expect(await cosigned()).toBeGreaterThan(size), 90_000);
    const seen = JSON.parse(await readFile(state(), 'utf8')) as Record<string, { size: string }>;
    expect(Number(seen[origin]?.size)).toBeGreaterThan(size);
  }, 240_000);

  it('that has seen another history refuses this one, which is told, and payments go on', async () => {
    await stop();
    const root = Buffer.alloc(32, 1).toString('base64');
    await writeFile(state(), JSON.stringify({ [origin]: { size: '3', root } }));
    start();
    await anna.pay(euros(bruno, 100));
    await eventually(() => told('inconsistent'), 90_000);
    expect((await anna.pay(euros(bruno, 100))).status).toBe(201);
  }, 240_000);
});
