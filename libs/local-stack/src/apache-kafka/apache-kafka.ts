import { freePort, makeCertificateAuthority } from '@florin/embedded';
import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { KafkaAccess } from './access.js';
import type { Installation } from './installation.js';
import { JavaProcess } from './java-process.js';
import { serverProperties } from './server-properties.js';

const startTimeoutMs = 60_000;
const formatTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const username = 'florin';
const ownerOnly = { mode: 0o600 };
/** Certificates are made for 90 days. */
const renewBeforeMs = 30 * 24 * 60 * 60 * 1000;

const certificatesSchema = z.object({
  ca: z.string(),
  certificate: z.object({ cert: z.string(), key: z.string() }),
});
type Certificates = z.infer<typeof certificatesSchema>;

/** Warnings, and of what the server says of itself also that it has started. */
const logging = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
];
/** Little memory, and a compiler that gets it going in half the time. */
const machine = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export interface ApacheKafkaOptions {
  readonly installation: Installation;
  /** Keeps its data and its settings. Made if missing; never for two brokers at once. */
  readonly dataDir: string;
  /** 0, or none, takes a free one. */
  readonly port?: number;
  /** TLS with a certificate authority of its own, and a user with a password. */
  readonly secured?: boolean;
  /** Gets what the broker logs. */
  readonly onNotice?: (text: string) => void;
}

/** A running Apache Kafka. */
export interface ApacheKafka {
  readonly access: KafkaAccess;
  readonly port: number;
  /** Resolves when it has ended, to how. */
  readonly exited: Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts a real Apache Kafka of one node on 127.0.0.1, for tests and for trying things out: one copy of everything. It
 * ends with this process, however that ends. Throws, with what it wrote, when it does not start.
 */
export async function startApacheKafka(options: ApacheKafkaOptions): Promise<ApacheKafka> {
  const { installation, dataDir, secured = false, onNotice = () => undefined } = options;
  const port = options.port || (await freePort());
  const file = (name: string) => join(dataDir, name);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const password = await ensurePassword(file('password'));
  const security = secured
    ? { ...(await ensureCertificates(file('certificates.json'))), username, password }
    : undefined;
  if (security) await writeFile(file('ca.pem'), security.ca);
  const settings = { port, controllerPort: await freePort(), dataDir: file('data') };
  const properties = serverProperties({ ...settings, ...(security && { security }) });
  await writeFile(file('server.properties'), properties, ownerOnly);
  await ensureFormatted(options, password);
  const server = javaProcess(installation, ['kafka.Kafka', file('server.properties')], onNotice);
  await untilStarted(server);
  return {
    access: {
      brokers: [`127.0.0.1:${port}`],
      ...(security && { security: { caFile: file('ca.pem'), username, passwordFile: file('password') } }),
    },
    port,
    exited: server.process.exited,
    close: () => server.process.stop(stopTimeoutMs),
  };
}

async function ensurePassword(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, randomBytes(24).toString('base64url'), ownerOnly);
  return readFile(file, 'utf8');
}

/** The same at each start, so that who trusted the broker goes on to; new ones in good time before they expire. */
async function ensureCertificates(file: string): Promise<Certificates> {
  if (existsSync(file)) {
    const kept = certificatesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const { validToDate } = new X509Certificate(kept.certificate.cert);
    if (validToDate.getTime() - Date.now() > renewBeforeMs) return kept;
  }
  const authority = makeCertificateAuthority();
  const certificates = { ca: authority.ca, certificate: authority.issue('kafka') };
  // Under another name first: an interrupted start must not leave half a key.
  await writeFile(`${file}.new`, JSON.stringify(certificates), ownerOnly);
  await rename(`${file}.new`, file);
  return certificates;
}

/** Gives the storage its identity and the user that it knows, once. */
async function ensureFormatted(
  { installation, dataDir }: ApacheKafkaOptions,
  password: string,
): Promise<void> {
  if (existsSync(join(dataDir, 'data', 'meta.properties'))) return;
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]);
  const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  const format = ['format', '-t', clusterId, '-c', join(dataDir, 'server.properties'), ...users];
  // By a file, since everybody may read command lines.
  const argumentsFile = join(dataDir, 'format');
  await writeFile(argumentsFile, format.join('\n'), ownerOnly);
  const { process } = javaProcess(
    installation,
    ['kafka.tools.StorageTool', `@${argumentsFile}`],
    () => undefined,
  );
  const timer = setTimeout(() => void process.stop(0), formatTimeoutMs);
  const how = await process.exited;
  clearTimeout(timer);
  await rm(argumentsFile);
  if (how === 'exit code 0') return;
  await rm(join(dataDir, 'data'), { recursive: true, force: true });
  throw new Error(`Apache Kafka could not prepare its storage (${how}):\n${process.output}`);
}

interface Starting {
  readonly process: JavaProcess;
  readonly started: Promise<void>;
}

function javaProcess(
  { java, jars }: Installation,
  args: readonly string[],
  onNotice: (text: string) => void,
): Starting {
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const env = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
      const value = globalThis.process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const command = [java, ...machine, ...logging, '-cp', `${jars}/*`, ...args];
  const process = new JavaProcess(command, env, (line) => {
    onNotice(line);
    if (line.includes('Kafka Server started')) resolve();
  });
  return { process, started };
}

async function untilStarted({ process, started }: Starting): Promise<void> {
  const late = sleep(startTimeoutMs, `not ready after ${startTimeoutMs / 1000} s`, { ref: false });
  const how = await Promise.race([started, process.exited, late]);
  if (how === undefined) return;
  await process.stop(0);
  throw new Error(`Apache Kafka did not start (${how}):\n${process.output}`);
}
