import { isRouted, routes } from './routes.js';

describe('the table of routes', () => {
  it('opens these routes to everybody, and no other', () => {
    const open = routes.filter(({ access }) => access === 'public');
    expect(open.map(({ methods, path }) => `${methods.join(',')} ${path}`)).toEqual([
      'GET /.well-known/jwks.json',
      'POST /v1/registrations',
      'POST /v1/challenges',
      'POST /v1/sessions',
      'GET /v1/ledgers/{ledger}/keys',
      'GET /v1/ledgers/{ledger}/checkpoints',
      'GET /v1/ledgers/{ledger}/checkpoints/latest',
      'GET /v1/ledgers/{ledger}/consistency',
      'GET /v1/ledgers/{ledger}/checkpoint',
      'GET /v1/ledgers/{ledger}/tile',
      'GET /v1/dev/outbox',
    ]);
    const below = open.filter((route) => route.below).map(({ path }) => path);
    expect(below).toEqual(['/v1/ledgers/{ledger}/tile']);
  });

  it('has every path once and nothing internal', () => {
    const paths = routes.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => !/^\/(v1|\.well-known)\//.test(path))).toEqual([]);
  });

  it.each([
    ['payments', '/v1/payments', true],
    ['payments', '/v1/payments/{id}', true],
    ['payments', '/v1/paymentsx', false],
    ['wallet', '/v1/statements/{period}', true],
    ['wallet', '/v1/payments', false],
    ['wallet', '/v1/balances', true],
    ['wallet', '/v1/balances/{at}', false],
    ['wallet', '/internal/ledgers/{ledger}/trial-balance', false],
    ['identity', '/internal/token', false],
    ['identity', '/health/ready', false],
    ['identity', '/v1/sessions/x', false],
    ['wallet', '/v1/ledgers/{ledger}/keys', true],
    ['wallet', '/v1/ledgers/{ledger}/entries/{entryId}/proof', true],
    ['wallet', '/v1/ledgers/{ledger}/liabilities/proof', true],
    ['wallet', '/v1/ledgers/{ledger}/tile/{level}/{a}', true],
    ['wallet', '/v1/ledgers/{ledger}/other', false],
  ] as const)('of %s, %s: %s', (service, path, routed) => {
    expect(isRouted(service, path)).toBe(routed);
  });
});
