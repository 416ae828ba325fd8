import {
  apacheKafkaVersion,
  type EngineName,
  type Engines,
  type KafkaAccess,
  type KafkaKind,
  logFileOf,
  type ServiceName,
  serviceNames,
  type Stack,
} from '@florin/local-stack';
import { firstPayment } from './first-payment.js';

const engineNote = 'Embedded engines: for laptops, tests and demos, never the production answer.';

/** What both screens tell of a stack's broker. */
interface Broker {
  readonly kafka: KafkaAccess;
  readonly kafkaKind: KafkaKind;
}

type Row = readonly [name: string, value: string];

/** The one screen that `npm start` ends with. */
export function startScreen(
  stack: Pick<Stack, 'gatewayUrl' | 'gatewayMetricsUrl' | 'urls' | 'eventStoreUrl' | 'databaseUrl'> & Broker,
  dataDir: string,
  seconds: number,
): string {
  const services = serviceNames.filter((name) => name !== 'gateway');
  return [
    `Florin is ready; it started in ${seconds} s.`,
    '',
    ...rows([
      ['Gateway', `${stack.gatewayUrl}   the public API`],
      ['API documentation', `${stack.gatewayUrl}/docs`],
      ['Gateway metrics', stack.gatewayMetricsUrl],
    ]),
    '',
    ...rows(services.map((name) => [name, stack.urls[name]])),
    '',
    ...rows([
      ['PostgreSQL', withoutUser(stack.databaseUrl('identity'))],
      ['Event store', stack.eventStoreUrl],
      ...kafkaRows(stack),
    ]),
    `  ${engineNote}`,
    '',
    ...rows([
      ['Data', dataDir],
      ['Logs', `${dataDir}/logs`],
      ['Connection strings', `${dataDir}/stack.json`],
    ]),
    '',
    'A first payment, to paste into a second terminal (with curl and node; amounts are in cents):',
    '',
    firstPayment(stack.gatewayUrl),
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

/** What `npm run engines` prints: the connection strings, passwords included, for a service started by hand. */
export function enginesScreen(
  engines: Pick<Engines, 'eventStoreUrl' | 'databaseUrl'> & Broker,
  databases: readonly string[],
  dataDir: string,
): string {
  return [
    'The engines are ready.',
    '',
    ...rows([
      ['Event store', engines.eventStoreUrl],
      ...kafkaRows(engines),
      ...databases.map((name): Row => [`PostgreSQL ${name}`, engines.databaseUrl(name)]),
      ['Data', dataDir],
      ['Logs', `${dataDir}/logs`],
    ]),
    `  ${engineNote}`,
    '',
    'Ctrl-C stops them.',
    '',
  ].join('\n');
}

/** What the terminal says when a process ends by itself. */
export function unexpectedEnd(name: ServiceName | EngineName, how: string, dataDir: string): string {
  return `${name} ended by itself (${how}); its log is ${logFileOf(dataDir, name)}.`;
}

/** What the terminal says when another Florin has the ports that were asked for. */
export function movedPorts(asked: number, taken: number): string {
  return `${asked} is taken: ports from ${taken} on.`;
}

function kafkaRows({ kafka: { brokers, security }, kafkaKind }: Broker): Row[] {
  const title = kafkaKind === 'embedded' ? 'Kafka' : `Apache Kafka ${apacheKafkaVersion}`;
  const address: Row = [title, brokers.join(',')];
  if (security === undefined) return [address];
  const { caFile, username, passwordFile } = security;
  return [
    address,
    ['  trust', caFile],
    ['  sign in', 'by SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN'],
    ['  user', username],
    ['  password', `in ${passwordFile}`],
  ];
}

function rows(all: readonly Row[]): string[] {
  return all.map(([name, value]) => `  ${name.padEnd(26)}${value}`);
}

function withoutUser(databaseUrl: string): string {
  return `postgres://${new URL(databaseUrl).host}`;
}
