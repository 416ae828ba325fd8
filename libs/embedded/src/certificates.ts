import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** PEM text; the key is PKCS#8. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM text, for those who are to trust what it issues. */
  readonly ca: string;
  /** Issues a certificate for a server at `hosts` (names and IPv4 addresses), or for a client that is called `name`. */
  issue(name: string, hosts?: readonly string[]): Certificate;
}

/** Long enough for a laptop's engines, short enough to be of no use elsewhere. */
const VALID_DAYS = 90;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes a certificate authority of its own for engines on this machine; its key is not kept. */
export function makeCertificateAuthority(): CertificateAuthority {
  const name = `Florin local ${randomBytes(4).toString('hex')}`;
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = { issuer: name, issuerKeys: own };
  return {
    ca: certificate({ ...authority, subject: name, publicKey: own.publicKey, extensions: AUTHORITY }),
    issue(subject, hosts = ['localhost', '127.0.0.1']) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = [...END_ENTITY, subjectAltName(hosts)];
      return {
        cert: certificate({ ...authority, subject, publicKey, extensions }),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}

/** ASN.1 tags of what certificates are made of. */
const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  keyIdentifier: 0x80,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

/** Object identifiers, encoded. */
const Oid = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
} as const;

const NO_UNUSED_BITS = Buffer.from([0]);
const TRUE = der(Tag.boolean, Buffer.from([0xff]));
const SIGNATURE_ALGORITHM = der(Tag.sequence, objectId(Oid.ecdsaWithSha256));

/** It signs certificates and revocation lists. */
const AUTHORITY = [
  extension(Oid.basicConstraints, der(Tag.sequence, TRUE), true),
  extension(Oid.keyUsage, der(Tag.bitString, Buffer.from([1, 0b0000_0110])), true),
];
/** It signs handshakes, of servers and of clients. */
const END_ENTITY = [
  extension(Oid.keyUsage, der(Tag.bitString, Buffer.from([7, 0b1000_0000])), true),
  extension(Oid.extendedKeyUsage, der(Tag.sequence, objectId(Oid.serverAuth), objectId(Oid.clientAuth))),
];

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface CertificateContent {
  readonly issuer: string;
  readonly issuerKeys: KeyPair;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** An X.509 certificate (RFC 5280), as PEM text. */
function certificate({ issuer, issuerKeys, subject, publicKey, extensions }: CertificateContent): string {
  const now = Date.now();
  const content = der(
    Tag.sequence,
    der(Tag.version, der(Tag.integer, Buffer.from([2]))),
    der(Tag.integer, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    SIGNATURE_ALGORITHM,
    distinguishedName(issuer),
    // A clock that is a little behind is no reason to refuse.
    der(Tag.sequence, utcTime(now - DAY_MS), utcTime(now + VALID_DAYS * DAY_MS)),
    distinguishedName(subject),
    spki(publicKey),
    der(Tag.extensions, der(Tag.sequence, ...extensions, ...keyIdentifiers(publicKey, issuerKeys.publicKey))),
  );
  const signature = der(Tag.bitString, NO_UNUSED_BITS, sign('sha256', content, issuerKeys.privateKey));
  const lines = der(Tag.sequence, content, SIGNATURE_ALGORITHM, signature)
    .toString('base64')
    .match(/.{1,64}/g);
  return ['-----BEGIN CERTIFICATE-----', ...(lines ?? []), '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName(name: string): Buffer {
  const attribute = der(Tag.sequence, objectId(Oid.commonName), der(Tag.utf8String, Buffer.from(name)));
  return der(Tag.sequence, der(Tag.set, attribute));
}

function subjectAltName(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host)
      ? der(Tag.ipAddress, Buffer.from(host.split('.').map(Number)))
      : der(Tag.dnsName, Buffer.from(host, 'latin1')),
  );
  return extension(Oid.subjectAltName, der(Tag.sequence, ...names));
}

/** By which a chain of certificates is found; strict readers want them. */
function keyIdentifiers(subjectKey: KeyObject, issuerKey: KeyObject): Buffer[] {
  const authority = der(Tag.sequence, der(Tag.keyIdentifier, keyIdentifier(issuerKey)));
  return [
    extension(Oid.subjectKeyIdentifier, der(Tag.octetString, keyIdentifier(subjectKey))),
    extension(Oid.authorityKeyIdentifier, authority),
  ];
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha256').update(spki(key)).digest().subarray(0, 20);
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [TRUE] : [];
  return der(Tag.sequence, objectId(oid), ...critical, der(Tag.octetString, value));
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(Tag.utcTime, Buffer.from(`${digits}Z`));
}

function objectId(hex: string): Buffer {
  return der(Tag.objectId, Buffer.from(hex, 'hex'));
}

/** A value in ASN.1's distinguished encoding: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
