import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessDeniedError, EventStoreDBClient, START, UnavailableError } from '@eventstore/db-client';
import { makeCertificateAuthority } from '../certificates.js';
import { expecting, numbered, numbersOf, refusalOf } from './black-box/events.fixture.spec.js';
import { startEventStore, type EmbeddedEventStore } from './event-store.server.js';

const authority = makeCertificateAuthority();
const users = { admin: 'changeit', mó: 'st:päss' };

let dir: string;
let server: EmbeddedEventStore;
const clients: EventStoreDBClient[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
  await writeFile(join(dir, 'ca.pem'), authority.ca);
  const tls = { ...authority.issue('node'), ca: authority.ca };
  server = await startEventStore({ dataDir: join(dir, 'data'), tls, users });
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.dispose())));
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

/** A client with these credentials in its connection string. */
function clientOf(credentials: string, options = `&tlsCAFile=${encodeURIComponent(join(dir, 'ca.pem'))}`) {
  const url = `esdb://${credentials}127.0.0.1:${server.port}?tls=true${options}`;
  const client = EventStoreDBClient.connectionString(url);
  clients.push(client);
  return client;
}

describe('an event store with TLS and users', () => {
  it('serves whoever knows a password, in each kind of call', async () => {
    const client = clientOf('admin:changeit@');
    await client.appendToStream('orders', numbered(3));
    const credentials = { username: 'admin', password: 'changeit' };
    await client.appendToStream('orders', numbered(2, { first: 3 }), { credentials });
    expect(await numbersOf(client.readStream('orders'))).toEqual([0, 1, 2, 3, 4]);
    const arrived = expecting<unknown>(5);
    const subscription = client.subscribeToAll({ fromPosition: START });
    subscription.on('data', ({ event }) => arrived.got(event?.data));
    await arrived.all;
    await subscription.unsubscribe();
    await client.deleteStream('orders');
  });

  it('takes other credentials for a single call', async () => {
    const credentials = { username: 'mó', password: 'st:päss' };
    await clientOf('').appendToStream('single', numbered(1), { credentials });
    const wrong = { username: 'mó', password: 'stop' };
    const append = clientOf('admin:changeit@').appendToStream('single', numbered(1), { credentials: wrong });
    expect(await refusalOf(append)).toBeInstanceOf(AccessDeniedError);
  });

  it.each([
    ['no credentials', ''],
    ['a wrong password', 'admin:changed@'],
    ['a user who is not known', 'root:changeit@'],
    ['a password that is one in part', 'admin:change@'],
  ])('refuses %s', async (_, credentials) => {
    const client = clientOf(credentials);
    for (const attempt of [
      () => client.appendToStream('refused', numbered(1)),
      () => numbersOf(client.readStream('refused')),
      () => numbersOf(client.readAll()),
      () => client.deleteStream('refused'),
      () => new Promise((_, reject) => client.subscribeToAll().on('error', reject)),
    ]) {
      expect(await refusalOf(attempt())).toBeInstanceOf(AccessDeniedError);
    }
  });

  it('takes a certificate that names a user for its password', async () => {
    const certified = async (name: string, issuer = authority) => {
      const { cert, key } = issuer.issue(name);
      const path = join(dir, name);
      await writeFile(`${path}.pem`, cert);
      await writeFile(`${path}.key`, key);
      const files = `&userCertFile=${encodeURIComponent(`${path}.pem`)}&userKeyFile=${encodeURIComponent(`${path}.key`)}`;
      return clientOf('', `&tlsCAFile=${encodeURIComponent(join(dir, 'ca.pem'))}${files}`);
    };
    await (await certified('admin')).appendToStream('certified', numbered(1));
    const stranger = await certified('nobody');
    expect(await refusalOf(stranger.appendToStream('certified', numbered(1)))).toBeInstanceOf(
      AccessDeniedError,
    );
    const forged = await certified('admin', makeCertificateAuthority());
    expect(await refusalOf(forged.appendToStream('certified', numbered(1)))).toBeInstanceOf(
      AccessDeniedError,
    );
  });

  it('is not believed by a client without its authority, and not heard without TLS', async () => {
    const stranger = clientOf('admin:changeit@', '');
    expect(await refusalOf(numbersOf(stranger.readAll()))).toBeInstanceOf(UnavailableError);
    const plain = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${server.port}?tls=false`);
    clients.push(plain);
    expect(await refusalOf(numbersOf(plain.readAll()))).toBeInstanceOf(UnavailableError);
  });

  it('does not start with users and without TLS, as clients would keep their credentials to themselves', async () => {
    const start = startEventStore({ dataDir: join(dir, 'other'), users });
    await expect(start).rejects.toThrow('has users but no TLS');
  });
});
