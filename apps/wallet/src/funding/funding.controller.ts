import { markets, marketSchema, moneySchema, type MarketCode } from '@florin/contracts';
import {
  amountProblems,
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  commonProblems,
  CurrentUser,
  IdempotencyKey,
  marketClosed,
  ProblemError,
  ZodBody,
  type Principal,
} from '@florin/service-host';
import { Controller, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { walletProblems } from '../problems.js';
import type { FundWallet, Funding } from './fund-wallet.handler.js';

/** A million at once: the source's own balance is bounded by the safe integers, and nobody may use it up for all. */
const maxTestAmount = 100_000_000;
const testAmount = moneySchema.refine(({ value }) => value <= maxTestAmount, {
  path: ['value'],
  error: `must be at most ${maxTestAmount}, as test money comes in small portions`,
  params: { problem: 'amount-too-large' },
});

export const fundingBodySchema = z
  .strictObject({ amount: testAmount, market: marketSchema.default('it') })
  .meta({ id: 'FundWallet', examples: [{ amount: { value: 5000, currency: 'EUR' }, market: 'it' }] });

export const fundingSchema = z
  .strictObject({
    status: z.enum(['created', 'completed']),
    amount: moneySchema,
    entry: z.strictObject({ ledger: z.string(), id: z.uuid(), revision: z.int().nullable() }),
  })
  .meta({ id: 'Funding' });

export interface FundingHandlers {
  /** Whether this installation has test money at all. */
  readonly enabled: boolean;
  readonly openMarkets: readonly MarketCode[];
  readonly fund: (command: FundWallet, waitMs: number) => Promise<Funding | 'key-reused'>;
}

export const fundingHandlers = Symbol('funding handlers');

const { 'wallet-not-found': _, 'balance-behind': __, ...ofFunding } = walletProblems;
const fundingProblems = Object.values(ofFunding);

const waitMs = 10_000;

const fundingExample = {
  status: 'completed',
  amount: { value: 5000, currency: 'EUR' },
  entry: { ledger: 'it-eur', id: '0193b1f6-7f2e-7000-8000-0000000000e2', revision: 7 },
} satisfies z.infer<typeof fundingSchema>;

@ApiTag('test money', 'Where an installation has it; never in production')
@Controller('v1/test-funding')
export class FundingController {
  constructor(@Inject(fundingHandlers) private readonly handlers: FundingHandlers) {}

  @Post()
  @ApiSummary('Put test money into my wallet')
  @ApiReturns(201, fundingSchema, 'The test money is in your wallet', { example: fundingExample })
  @ApiReturns(202, fundingSchema, 'Accepted; send it again with the same key to see the outcome', {
    example: { ...fundingExample, status: 'created', entry: { ...fundingExample.entry, revision: null } },
  })
  @ApiProblems(...fundingProblems, ...amountProblems, commonProblems['amount-too-large'])
  async fund(
    @CurrentUser() user: Principal,
    @IdempotencyKey() key: string,
    @ZodBody(fundingBodySchema) body: z.output<typeof fundingBodySchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof fundingSchema>> {
    if (!this.handlers.enabled) {
      throw new ProblemError(walletProblems['test-money-off'], 'This installation moves real money only.');
    }
    const market = markets[body.market];
    if (!this.handlers.openMarkets.includes(market.code)) throw marketClosed(market.code);
    if (body.amount.currency !== market.currency) {
      throw new ProblemError(
        walletProblems['currency-mismatch'],
        `A wallet in this market holds ${market.currency}, not ${body.amount.currency}.`,
      );
    }
    const funding = await this.handlers.fund(
      {
        personId: user.personId,
        idempotencyKey: key,
        market,
        amountMinor: BigInt(body.amount.value),
      },
      waitMs,
    );
    return answer(funding, body.amount.currency, reply);
  }
}

function answer(
  funding: Funding | 'key-reused',
  currency: string,
  reply: FastifyReply,
): z.infer<typeof fundingSchema> {
  if (funding === 'key-reused') {
    throw new ProblemError(
      walletProblems['idempotency-key-reused'],
      'This Idempotency-Key was used before for a different amount; use a new one.',
    );
  }
  if (funding.status === 'failed') {
    throw new ProblemError(walletProblems['funding-refused'], 'The ledger could not take this amount.');
  }
  void reply.status(funding.status === 'completed' ? 201 : 202);
  return {
    status: funding.status,
    amount: { value: Number(funding.amountMinor), currency },
    entry: {
      ledger: funding.ledger,
      id: funding.entryId,
      revision: funding.revision === null ? null : Number(funding.revision),
    },
  };
}
