import { markets } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  Internal,
  ProblemError,
  ZodParams,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { WalletBalance } from '../balances/balance.queries.js';
import { pastProblems, walletProblems } from '../problems.js';
import {
  balancesQuerySchema,
  balancesSchema,
  bookParamsSchema,
  toBalances,
  toTrialBalance,
  trialBalanceQuerySchema,
  trialBalanceSchema,
} from './past.dto.js';
import type { PastQueries } from './past.queries.js';

export interface PastHandlers {
  /** A person's wallets, or the one in `ledger`, each at the head of its book. */
  readonly wallets: (personId: string, ledger?: string) => Promise<WalletBalance[]>;
  readonly past: Pick<PastQueries, 'balances' | 'trialBalance'>;
}

export const pastHandlers = Symbol('past handlers');

const {
  'account-not-found': accountNotFound,
  'ledger-not-found': ledgerNotFound,
  'currency-not-found': currencyNotFound,
  ...ofPoints
} = pastProblems;

@ApiTag('wallets', 'What people have, and what moved')
@Controller('v1/balances')
@ApiProblems(...Object.values(ofPoints))
export class PastBalancesController {
  constructor(@Inject(pastHandlers) private readonly handlers: PastHandlers) {}

  @Get()
  @ApiSummary('What my accounts in one market held at a revision or an instant')
  @ApiReturns(200, balancesSchema, 'Your wallet and what you have in issued assets, as they were then')
  @ApiProblems(walletProblems['wallet-not-found'], walletProblems['balance-behind'], accountNotFound)
  async balances(
    @CurrentUser() user: Principal,
    @ZodQuery(balancesQuerySchema) query: z.output<typeof balancesQuerySchema>,
  ): Promise<z.infer<typeof balancesSchema>> {
    const { account, at, cursor: after, limit, market } = query;
    const [wallet] = await this.handlers.wallets(user.personId, market && markets[market].ledger);
    if (wallet === undefined) {
      throw new ProblemError(walletProblems['wallet-not-found'], 'You have no wallet there.');
    }
    const { ledger } = wallet;
    const found = await this.handlers.past.balances(user.personId, { ledger, limit, account, after }, at);
    if (account === undefined || found.items.length > 0) return toBalances(found);
    throw new ProblemError(
      accountNotFound,
      `You had no account ${account} in ${ledger} at revision ${found.moment.revision}.`,
    );
  }
}

@ApiTag('books', 'How whole ledgers stand, for services that may see it')
@Controller('internal/ledgers/:ledger')
@Internal('ledger:read')
@ApiProblems(...Object.values(ofPoints), ledgerNotFound)
export class BookController {
  constructor(@Inject(pastHandlers) private readonly handlers: PastHandlers) {}

  @Get('trial-balance')
  @ApiSummary('Debits and credits of a ledger at a revision or an instant')
  @ApiReturns(200, trialBalanceSchema, 'Sums per class and per number of the chart of accounts')
  @ApiProblems(currencyNotFound)
  async trialBalance(
    @ZodParams(bookParamsSchema) { ledger }: z.output<typeof bookParamsSchema>,
    @ZodQuery(trialBalanceQuerySchema) { at, currency }: z.output<typeof trialBalanceQuerySchema>,
  ): Promise<z.infer<typeof trialBalanceSchema>> {
    return toTrialBalance(await this.handlers.past.trialBalance(ledger, currency, at));
  }
}
