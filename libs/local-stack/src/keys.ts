import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the secrets of one stack. */
export interface KeyFiles {
  /** Ed25519 private key, PKCS8 PEM: identity signs tokens with it. */
  readonly signingKey: string;
  /** JSON: who may ask identity for a service token, and for what. */
  readonly serviceClients: string;
  /** The secret of notifications as such a client. */
  readonly notificationsSecret: string;
  /** The secret of a platform that calls the ledger itself. */
  readonly platformSecret: string;
  readonly otpPepper: string;
  /** Ed25519 signer key as C2SP signed-note encodes it: the wallet signs the heads of ledgers with it. */
  readonly ledgerSigningKey: string;
  /** The wallet hides with it who is in the proofs of liabilities. */
  readonly liabilitiesSecret: string;
}

/** The secrets in `folder`; made where they are missing (folder 0700, files 0600), never changed. Clients that are new are added. */
export function ensureKeys(folder: string): KeyFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const notificationsSecret = ensureFile(join(folder, 'notifications-client-secret'), randomSecret);
  const platformSecret = ensureFile(join(folder, 'platform-client-secret'), randomSecret);
  return {
    signingKey: ensureFile(join(folder, 'signing-key.pem'), newSigningKey),
    serviceClients: ensureClients(join(folder, 'service-clients.json'), {
      notifications: { secretHash: hashOf(notificationsSecret), scopes: ['people:read'] },
      platform: { secretHash: hashOf(platformSecret), scopes: ['ledger:write'] },
    }),
    notificationsSecret,
    platformSecret,
    otpPepper: ensureFile(join(folder, 'otp-pepper'), randomSecret),
    ledgerSigningKey: ensureFile(join(folder, 'ledger-signing-key'), () =>
      newNoteKey('florin.example/ledger'),
    ),
    liabilitiesSecret: ensureFile(join(folder, 'liabilities-secret'), randomSecret),
  };
}

/** Under another name first: an interrupted start must not leave half a key. */
function ensureFile(file: string, content: () => string): string {
  if (!existsSync(file)) write(file, content());
  return file;
}

/** Who is known stays as it is. */
function ensureClients(
  file: string,
  clients: Record<string, { secretHash: string; scopes: string[] }>,
): string {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  const all = { ...clients, ...known };
  if (Object.keys(all).length > Object.keys(known).length) write(file, JSON.stringify(all));
  return file;
}

function write(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function hashOf(secretFile: string): string {
  return createHash('sha256').update(readFileSync(secretFile, 'utf8')).digest('hex');
}

function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** `PRIVATE+KEY+name+id+base64(1 ‖ seed)`, where the id is the beginning of SHA-256(name ‖ 0x0A ‖ 1 ‖ public key). */
function newNoteKey(name: string): string {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const typed = (key: string): Buffer => Buffer.concat([Buffer.of(1), Buffer.from(key, 'base64url')]);
  const id = createHash('sha256').update(`${name}\n`).update(typed(x)).digest('hex').slice(0, 8);
  return `PRIVATE+KEY+${name}+${id}+${typed(d).toString('base64')}`;
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
