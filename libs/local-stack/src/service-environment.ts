import { type KafkaAccess, kafkaEnvironment } from './apache-kafka/access.js';
import type { KeyFiles } from './keys.js';
import type { PortPlan, ServiceName } from './names.js';

/** What a service can be told about the stack that it runs in. */
export interface Surroundings {
  readonly ports: PortPlan;
  readonly keys: KeyFiles;
  readonly eventStoreUrl: string;
  readonly kafka: KafkaAccess;
  readonly databaseUrl: (database: string) => string;
}

interface ServiceSetup {
  /** Name of its database, which it migrates before it starts. */
  readonly database?: string;
  readonly environment: (surroundings: Surroundings) => Record<string, string>;
}

const markets = 'it';

/** Each service with what it needs beyond what all need. */
const setups: Readonly<Record<ServiceName, ServiceSetup>> = {
  gateway: {
    environment: ({ ports }) => ({
      METRICS_PORT: String(ports.gatewayMetrics),
      IDENTITY_URL: local(ports.identity),
      WALLET_URL: local(ports.wallet),
      PAYMENTS_URL: local(ports.payments),
      CATALOG_URL: local(ports.catalog),
      NOTIFICATIONS_URL: local(ports.notifications),
    }),
  },
  identity: {
    database: 'identity',
    environment: ({ ports, keys }) => ({
      NOTIFICATIONS_URL: local(ports.notifications),
      SIGNING_KEY_FILE: keys.signingKey,
      SERVICE_CLIENTS_FILE: keys.serviceClients,
      OTP_PEPPER_FILE: keys.otpPepper,
      MARKETS: markets,
    }),
  },
  wallet: {
    database: 'wallet',
    environment: ({ ports, eventStoreUrl, keys }) => ({
      EVENTSTORE_URL: eventStoreUrl,
      LEDGER_SIGNING_KEY_FILE: keys.ledgerSigningKey,
      LIABILITIES_SECRET_FILE: keys.liabilitiesSecret,
      MARKETS: markets,
      PUBLIC_URL: local(ports.gateway),
      TEST_MONEY: 'true',
      // Requests die young: where they have room to, the collector has a quarter less to do.
      NODE_OPTIONS: '--max-semi-space-size=64',
    }),
  },
  payments: {
    database: 'payments',
    environment: ({ ports }) => ({ IDENTITY_URL: local(ports.identity), MARKETS: markets }),
  },
  catalog: { database: 'catalog', environment: () => ({ MARKETS: markets }) },
  notifications: {
    database: 'notifications',
    environment: ({ ports, keys }) => ({
      IDENTITY_URL: local(ports.identity),
      SERVICE_CLIENT_SECRET_FILE: keys.notificationsSecret,
      DEV_OUTBOX: 'true',
    }),
  },
};

/** The databases that the services need, each also the name of its role. */
export const databases = Object.values(setups).flatMap(({ database }) => database ?? []);

export function hasDatabase(service: ServiceName): boolean {
  return setups[service].database !== undefined;
}

/** The environment variables of one service. */
export function serviceEnvironment(service: ServiceName, surroundings: Surroundings): Record<string, string> {
  const { ports, kafka, databaseUrl } = surroundings;
  const { database, environment } = setups[service];
  return {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(ports[service]),
    LOG_LEVEL: 'info',
    ISSUER: 'http://florin.local',
    JWKS_URL: `${local(ports.identity)}/.well-known/jwks.json`,
    // The service stops when its standard input closes, as it does when the supervisor dies.
    FLORIN_PARENT_PIPE: 'stdin',
    ...(database !== undefined && {
      DATABASE_URL: databaseUrl(database),
      ...kafkaEnvironment(kafka),
    }),
    ...environment(surroundings),
  };
}

function local(port: number): string {
  return `http://127.0.0.1:${port}`;
}
