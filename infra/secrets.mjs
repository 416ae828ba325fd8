import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `node infra/secrets.mjs [folder]`: makes the secrets that docker-compose.yml mounts, where they are missing. The folder
 * is closed to others; the files in it are not, because Compose mounts them one by one for users of its containers.
 */
const folder = process.argv[2] ?? fileURLToPath(new URL('../.florin/compose/', import.meta.url));
const databases = ['identity', 'wallet', 'payments', 'catalog', 'notifications'];

mkdirSync(dirname(folder), { recursive: true });
mkdirSync(folder, { recursive: true, mode: 0o700 });

secret('postgres-password', random);
for (const name of databases) {
  const password = secret(`${name}-database-password`, random);
  secret(`${name}-database-url`, () => `postgres://${name}:${password}@postgres:5432/${name}`);
}
secret('otp-pepper', random);
secret('signing-key', () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
);
secret('ledger-signing-key', () => noteKey('florin.example/ledger'));
secret('liabilities-secret', random);
const notifications = secret('notifications-client-secret', random);
const platform = secret('platform-client-secret', random);
const hash = (text) => createHash('sha256').update(text).digest('hex');
secret('service-clients', () =>
  JSON.stringify({
    notifications: { secretHash: hash(notifications), scopes: ['people:read'] },
    platform: { secretHash: hash(platform), scopes: ['ledger:write'] },
  }),
);
console.log(`The secrets are in ${folder}.`);

/** The secret in a file, made first if it is not there. */
function secret(name, make) {
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o444, flag: 'wx' });
  return readFileSync(file, 'utf8');
}

/** A signer key as C2SP signed-note encodes it; the id comes from the name and the public key. */
function noteKey(name) {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const typed = (key) => Buffer.concat([Buffer.of(1), Buffer.from(key, 'base64url')]);
  const id = createHash('sha256').update(`${name}\n`).update(typed(x)).digest('hex').slice(0, 8);
  return `PRIVATE+KEY+${name}+${id}+${typed(d).toString('base64')}`;
}

function random() {
  return randomBytes(32).toString('base64url');
}
