import { makeCertificateAuthority, startEventStore, type EmbeddedEventStore } from '@florin/embedded';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEventStore } from './esdb.js';
import type { StoredEvent } from './event-store.js';

const authority = makeCertificateAuthority();
let folder: string;
let server: EmbeddedEventStore;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'florin-esdb-'));
  server = await startEventStore({
    dataDir: join(folder, 'data'),
    tls: { ...authority.issue('event-store'), ca: authority.ca },
    users: { wallet: 'a password' },
  });
});

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return encodeURIComponent(path);
}

const url = (user: string, options: string) =>
  `esdb://${user}127.0.0.1:${server.port}?tls=true&tlsCAFile=${file('ca.pem', authority.ca)}${options}`;

/** Appends, reads and follows. */
async function roundTrip(connection: string): Promise<StoredEvent> {
  const store = connectEventStore(connection);
  const stream = `tls-${randomUUID()}`;
  try {
    await store.append(stream, [{ id: randomUUID(), type: 'tested', data: {} }], 'no_stream');
    await store.ping();
    return await new Promise<StoredEvent>((resolve, reject) => {
      store.subscribe(stream, { onError: reject }, ([event]) => {
        if (event) resolve(event);
        return Promise.resolve();
      });
    });
  } finally {
    await store.close();
  }
}

it('signs in by TLS, with a password', async () => {
  expect(await roundTrip(url('wallet:a%20password@', ''))).toMatchObject({ type: 'tested', revision: 0n });
});

it('signs in by TLS, with a certificate of its own', async () => {
  const { cert, key } = authority.issue('wallet');
  const options = `&userCertFile=${file('cert.pem', cert)}&userKeyFile=${file('key.pem', key)}`;
  expect(await roundTrip(url('', options))).toMatchObject({ type: 'tested' });
});

it('is refused with a wrong password, and refuses a server of somebody else', async () => {
  await expect(roundTrip(url('wallet:wrong@', ''))).rejects.toThrow();
  const strange = file('strange.pem', makeCertificateAuthority().ca);
  const connection = `esdb://wallet:a%20password@127.0.0.1:${server.port}?tls=true&tlsCAFile=${strange}`;
  await expect(roundTrip(connection)).rejects.toThrow();
}, 60_000);
