import { createHash, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeys } from './keys.js';

const parent = mkdtempSync(join(tmpdir(), 'florin-keys-'));
afterAll(() => rmSync(parent, { recursive: true }));

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file, 'utf8')).digest('hex');

it('makes the secrets once, for the owner alone', () => {
  const folder = join(parent, 'keys');
  const files = ensureKeys(folder);
  const read = () => (Object.values(files) as string[]).map((file) => readFileSync(file, 'utf8'));
  const first = read();
  expect(ensureKeys(folder)).toEqual(files);
  expect(read()).toEqual(first);
  for (const file of Object.values(files) as string[]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

it('makes a signing key for EdDSA, and a client whose hash fits its secret', () => {
  const files = ensureKeys(join(parent, 'other'));
  expect(createPrivateKey(readFileSync(files.signingKey, 'utf8')).asymmetricKeyType).toBe('ed25519');
  expect(JSON.parse(readFileSync(files.serviceClients, 'utf8'))).toEqual({
    notifications: { secretHash: hashOf(files.notificationsSecret), scopes: ['people:read'] },
    platform: { secretHash: hashOf(files.platformSecret), scopes: ['ledger:write'] },
  });
});

it('adds a client that is new to those that are known', () => {
  const folder = join(parent, 'grown');
  const { serviceClients, platformSecret } = ensureKeys(folder);
  const known = { notifications: { secretHash: 'as it was', scopes: [] } };
  writeFileSync(serviceClients, JSON.stringify(known));
  ensureKeys(folder);
  expect(JSON.parse(readFileSync(serviceClients, 'utf8'))).toEqual({
    ...known,
    platform: { secretHash: hashOf(platformSecret), scopes: ['ledger:write'] },
  });
});

it('makes a key for the heads of ledgers, whose id is that of its public part', () => {
  const text = readFileSync(ensureKeys(join(parent, 'third')).ledgerSigningKey, 'utf8');
  const {
    name,
    id,
    base64 = '',
  } = /^PRIVATE\+KEY\+(?<name>[^+]+)\+(?<id>[^+]+)\+(?<base64>.+)$/.exec(text)?.groups ?? {};
  expect(name).toBe('florin.example/ledger');
  expect(Buffer.from(base64, 'base64')).toHaveLength(33);
  expect(id).toMatch(/^[0-9a-f]{8}$/);
});
