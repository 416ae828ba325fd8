import { openApiDocument, routesOf } from '@florin/service-host';
import { BookController, PastBalancesController } from './past.controller.js';
import { balancesQuerySchema, toTrialBalance, trialBalanceSchema } from './past.dto.js';

describe('a point in time', () => {
  it.each([
    ['0', { revision: 0n }],
    ['1108', { revision: 1108n }],
    ['2026-10-31T23:00:00Z', { atMs: Date.UTC(2026, 9, 31, 23) }],
    ['2026-11-01T00:00:00.001+01:00', { atMs: Date.UTC(2026, 9, 31, 23) + 1 }],
  ])('may be %s', (at, point) => {
    expect(balancesQuerySchema.parse({ at }).at).toEqual(point);
  });

  it('is now where nothing is said', () => {
    expect(balancesQuerySchema.parse({})).toEqual({ at: undefined, limit: 20 });
  });

  it.each(['', ' 1', '-1', '1e3', '0x10', '9007199254740992', 'now', '2026-10-31', '2026-13-01T00:00:00Z'])(
    'is never "%s"',
    (at) => {
      expect(balancesQuerySchema.safeParse({ at }).error?.issues[0]?.message).toContain('must be a revision');
    },
  );
});

describe('a trial balance', () => {
  it('says sums beyond what one account can hold, to the last unit', () => {
    const [debits, credits] = [2n ** 60n + 1n, 2n ** 60n + 1n];
    const row = { class: 'asset', accounts: 200, debits, credits: 0n, balance: debits } as const;
    const sums = { currency: 'EUR', accounts: 400, debits, credits, difference: 0n };
    const answer = toTrialBalance({
      moment: { ledger: 'it-eur', revision: 7n, recordedAt: new Date(0), provisional: false },
      head: { revision: 7n, hash: 'a'.repeat(64) },
      sums: { ...sums, byClass: [row], byChart: [{ ...row, chart: '1900' }] },
    });
    expect(trialBalanceSchema.parse(answer)).toMatchObject({
      ...{ debits: '1152921504606846977', credits: '1152921504606846977', difference: 0 },
      classes: [{ debits: '1152921504606846977', credits: '0', balance: '1152921504606846977' }],
    });
  });
});

describe('the documentation of the past', () => {
  const { paths } = openApiDocument('wallet', routesOf([PastBalancesController, BookController]));

  it('says how a question can fail, and who may ask', () => {
    const problems = { description: expect.stringContaining('point-ahead') };
    expect(paths['/v1/balances']?.['get']).toMatchObject({
      security: [{ person: [] }],
      responses: { 404: problems, 503: { description: expect.stringContaining('past-busy') } },
    });
    expect(paths['/internal/ledgers/{ledger}/trial-balance']?.['get']).toMatchObject({
      security: [{ service: ['ledger:read'] }],
      responses: { 403: {}, 404: problems },
    });
  });

  it('shows what a point looks like', () => {
    const { parameters } = paths['/v1/balances']?.['get'] as { parameters: { name: string }[] };
    expect(parameters.map(({ name }) => name)).toEqual(['at', 'market', 'account', 'cursor', 'limit']);
    expect(JSON.stringify(parameters[0])).toContain('2026-10-31T23:00:00Z');
  });
});
