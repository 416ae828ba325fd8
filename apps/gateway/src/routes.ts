import type { GatewayConfig } from './config.js';

export const services = ['identity', 'wallet', 'payments', 'catalog', 'notifications'] as const;
export type ServiceName = (typeof services)[number];

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One row of the table: what of the public API goes where. */
export interface GatewayRoute {
  readonly service: ServiceName;
  /** As it is documented: `{ledger}` stands for one part of it. */
  readonly path: string;
  /** Whether everything below the path goes there too. */
  readonly below?: boolean;
  readonly methods: readonly Method[];
  /** `person`: only with a valid access token. */
  readonly access: 'person' | 'public';
  /** Answers go on for as long as the client listens (Server-Sent Events). */
  readonly stream?: boolean;
}

const all: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const forPeople = (service: ServiceName, path: string): GatewayRoute => ({
  service,
  path,
  below: true,
  methods: all,
  access: 'person',
});
const open = (service: ServiceName, method: Method, path: string): GatewayRoute => ({
  service,
  path,
  methods: [method],
  access: 'public',
});

/** The whole public API: what is not here is not reachable. A service's /internal, /metrics and /health never are. */
export const routes: readonly GatewayRoute[] = [
  open('identity', 'GET', '/.well-known/jwks.json'),
  open('identity', 'POST', '/v1/registrations'),
  open('identity', 'POST', '/v1/challenges'),
  open('identity', 'POST', '/v1/sessions'),
  forPeople('identity', '/v1/me'),
  forPeople('identity', '/v1/handles'),
  forPeople('identity', '/v1/payees'),
  forPeople('wallet', '/v1/wallets'),
  forPeople('wallet', '/v1/balance'),
  { ...forPeople('wallet', '/v1/balances'), below: false, methods: ['GET'] },
  forPeople('wallet', '/v1/history'),
  forPeople('wallet', '/v1/statements'),
  forPeople('wallet', '/v1/test-funding'),
  open('wallet', 'GET', '/v1/ledgers/{ledger}/keys'),
  open('wallet', 'GET', '/v1/ledgers/{ledger}/checkpoints'),
  open('wallet', 'GET', '/v1/ledgers/{ledger}/checkpoints/latest'),
  open('wallet', 'GET', '/v1/ledgers/{ledger}/consistency'),
  open('wallet', 'GET', '/v1/ledgers/{ledger}/checkpoint'),
  { ...open('wallet', 'GET', '/v1/ledgers/{ledger}/tile'), below: true },
  { ...forPeople('wallet', '/v1/ledgers/{ledger}/entries'), methods: ['GET'] },
  { ...forPeople('wallet', '/v1/ledgers/{ledger}/liabilities'), methods: ['GET'] },
  forPeople('payments', '/v1/payments'),
  forPeople('catalog', '/v1/shops'),
  forPeople('notifications', '/v1/notifications'),
  {
    service: 'notifications',
    path: '/v1/notifications/stream',
    methods: ['GET'],
    access: 'person',
    stream: true,
  },
  open('notifications', 'GET', '/v1/dev/outbox'),
];

/** Whether a path of a service (`/v1/payments/{id}`) can be reached through the gateway. */
export function isRouted(service: ServiceName, path: string): boolean {
  return routes.some(
    (route) =>
      route.service === service &&
      (route.path === path || (route.below && path.startsWith(`${route.path}/`))),
  );
}

/** Where each service is. */
export function serviceUrls(config: GatewayConfig): Record<ServiceName, string> {
  return {
    identity: config.IDENTITY_URL,
    wallet: config.WALLET_URL,
    payments: config.PAYMENTS_URL,
    catalog: config.CATALOG_URL,
    notifications: config.NOTIFICATIONS_URL,
  };
}
