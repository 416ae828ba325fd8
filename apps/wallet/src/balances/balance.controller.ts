import { markets, type MarketCode } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  ProblemError,
  toPage,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { walletProblems } from '../problems.js';
import {
  historyPageSchema,
  historyQuerySchema,
  marketQuerySchema,
  toHistoryItem,
  toWalletDto,
  walletListSchema,
  walletSchema,
} from './balance.dto.js';
import type { HistoryItem, WalletBalance } from './balance.queries.js';

export interface BalanceHandlers {
  /** A person's wallets, or the one in `ledger`, each at the head of its book. */
  readonly wallets: (personId: string, ledger?: string) => Promise<WalletBalance[]>;
  readonly history: (
    wallet: WalletBalance,
    page: { limit: number; before?: number | undefined },
  ) => Promise<HistoryItem[]>;
}

export const balanceHandlers = Symbol('balance handlers');

@ApiTag('wallets', 'What people have, and what moved')
@Controller('v1')
@ApiProblems(walletProblems['balance-behind'])
export class BalanceController {
  constructor(@Inject(balanceHandlers) private readonly handlers: BalanceHandlers) {}

  @Get('wallets')
  @ApiSummary('My wallets and what is in them')
  @ApiReturns(200, walletListSchema, 'Your wallets, one per market')
  async wallets(@CurrentUser() user: Principal): Promise<z.infer<typeof walletListSchema>> {
    return { items: (await this.handlers.wallets(user.personId)).map(toWalletDto) };
  }

  @Get('balance')
  @ApiSummary('My balance in one market')
  @ApiReturns(200, walletSchema, 'The balance of your wallet, and the revision at which it is true')
  @ApiProblems(walletProblems['wallet-not-found'])
  async balance(
    @CurrentUser() user: Principal,
    @ZodQuery(marketQuerySchema) { market }: z.output<typeof marketQuerySchema>,
  ): Promise<z.infer<typeof walletSchema>> {
    return toWalletDto(await this.walletOf(user.personId, market));
  }

  @Get('history')
  @ApiSummary('What moved on my wallet in one market')
  @ApiReturns(200, historyPageSchema, 'What moved on your wallet, newest first')
  @ApiProblems(walletProblems['wallet-not-found'])
  async history(
    @CurrentUser() user: Principal,
    @ZodQuery(historyQuerySchema) { market, cursor, limit }: z.output<typeof historyQuerySchema>,
  ): Promise<z.infer<typeof historyPageSchema>> {
    const wallet = await this.walletOf(user.personId, market);
    const rows = await this.handlers.history(wallet, { before: cursor, limit: limit + 1 });
    const items = rows.map((row) => toHistoryItem(row, wallet.currency));
    return toPage(items, limit, ({ revision }) => String(revision));
  }

  private async walletOf(personId: string, market: MarketCode | undefined): Promise<WalletBalance> {
    const [wallet] = await this.handlers.wallets(
      personId,
      market === undefined ? undefined : markets[market].ledger,
    );
    if (wallet !== undefined) return wallet;
    throw new ProblemError(
      walletProblems['wallet-not-found'],
      'You have no wallet there. One is opened within moments of registering.',
    );
  }
}
