import { openApiDocument, routesOf } from '@florin/service-host';
import { BalanceController } from './balances/balance.controller.js';
import { FundingController, fundingBodySchema } from './funding/funding.controller.js';
import { StatementController } from './statements/statement.controller.js';

describe('the documentation of wallet', () => {
  const { paths } = openApiDocument(
    'wallet',
    routesOf([BalanceController, StatementController, FundingController]),
  );

  it('has the key that test money needs, and a body that works', () => {
    expect(paths['/v1/test-funding']!['post']).toMatchObject({
      parameters: [{ name: 'Idempotency-Key', in: 'header', required: true }],
      responses: { 201: { content: { 'application/json': { example: { status: 'completed' } } } } },
    });
    const [example] = fundingBodySchema.meta()?.examples as unknown[];
    expect(fundingBodySchema.parse(example)).toEqual(example);
  });

  it('tells of test money alone that an amount can be too large, as its body does', () => {
    const tells = (path: string, code: string): boolean => JSON.stringify(paths[path]).includes(code);
    expect(Object.keys(paths).filter((path) => tells(path, 'amount-too-large'))).toEqual([
      '/v1/test-funding',
    ]);
    const tooMuch = { amount: { value: 100_000_001, currency: 'EUR' } };
    expect(fundingBodySchema.safeParse(tooMuch).error?.issues).toMatchObject([
      { path: ['amount', 'value'], params: { problem: 'amount-too-large' } },
    ]);
  });

  it('has both times that a statement can be of, and why there is none', () => {
    expect(paths['/v1/statements/{period}']!['get']).toMatchObject({
      responses: {
        200: { description: expect.stringContaining('camt.053.001.08') },
        404: { description: expect.stringContaining('statement-not-begun') },
        406: { description: expect.stringContaining('not-acceptable') },
        422: { description: expect.stringContaining('statement-too-long') },
      },
    });
    const { parameters } = paths['/v1/statements']!['get'] as { parameters: { name: string }[] };
    expect(parameters.map(({ name }) => name)).toEqual([
      'market',
      'account',
      'format',
      'locale',
      'from',
      'to',
    ]);
  });

  it('says what every route does and how it fails', () => {
    for (const methods of Object.values(paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      }
    }
    expect(paths['/v1/wallets']!['get']).not.toHaveProperty('responses.404');
    expect(paths['/v1/balance']!['get']).toMatchObject({
      responses: {
        404: { description: '- `wallet-not-found`: There is no wallet' },
        503: { description: expect.stringContaining('balance-behind'), headers: { 'Retry-After': {} } },
      },
    });
  });
});
