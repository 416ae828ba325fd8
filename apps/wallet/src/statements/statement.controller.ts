import { monthPeriod, spanPeriod } from '@florin/books';
import { marketOfLedger, markets, type Market } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  ProblemError,
  ZodParams,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import type { StatementPeriod } from '@florin/statements';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { WalletBalance } from '../balances/balance.queries.js';
import { walletProblems } from '../problems.js';
import { monthParamsSchema, monthQuerySchema, spanQuerySchema, statementSchema } from './statement.dto.js';
import { formatFor, formats, languageFor } from './statement.formats.js';
import type { StatementHandler } from './statement.handler.js';

export interface StatementHandlers {
  /** A person's wallets, or the one in `ledger`, each at the head of its book. */
  readonly wallets: (personId: string, ledger?: string) => Promise<WalletBalance[]>;
  readonly statement: StatementHandler;
}

export const statementHandlers = Symbol('statement handlers');

type How = z.output<typeof monthQuerySchema>;
type PeriodIn = (market: Market) => StatementPeriod;

const answer =
  'The statement; by Accept or ?format= also text/csv, application/xml (ISO 20022 camt.053.001.08) or application/pdf';

@ApiTag('statements', 'What moved on an account in a month, to keep')
@Controller('v1/statements')
@ApiProblems(
  walletProblems['wallet-not-found'],
  walletProblems['statement-not-begun'],
  walletProblems['statement-too-long'],
  walletProblems['not-acceptable'],
  walletProblems['balance-behind'],
)
export class StatementController {
  constructor(@Inject(statementHandlers) private readonly handlers: StatementHandlers) {}

  @Get(':period')
  @ApiSummary('My statement of a month')
  @ApiReturns(200, statementSchema, answer)
  async month(
    @CurrentUser() user: Principal,
    @ZodParams(monthParamsSchema) { period }: z.output<typeof monthParamsSchema>,
    @ZodQuery(monthQuerySchema) how: How,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    return this.send(user, how, (market) => monthPeriod(period, market), reply);
  }

  @Get()
  @ApiSummary('My statement of the time between two instants')
  @ApiReturns(200, statementSchema, answer)
  async span(
    @CurrentUser() user: Principal,
    @ZodQuery(spanQuerySchema) { from, to, ...how }: z.output<typeof spanQuerySchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    return this.send(user, how, (market) => spanPeriod({ from, to }, market), reply);
  }

  private async send(
    user: Principal,
    how: How,
    periodIn: PeriodIn,
    reply: FastifyReply,
  ): Promise<string | Buffer> {
    const { headers } = reply.request;
    const name = how.format ?? formatFor(headers.accept);
    const wallet = await this.walletOf(user.personId, how);
    const market = marketOfLedger(wallet.ledger) ?? markets.it;
    const period = periodIn(market);
    const { extension, maxLines, mediaType, render } = formats[name];
    const statement = await this.handlers.statement(wallet, period, maxLines);
    const body = await render(
      statement,
      how.locale ?? languageFor(headers['accept-language'], market.defaultLocale),
    );
    const file = `florin-${wallet.ledger}-${period.label.replaceAll(/[^0-9A-Za-z-]+/g, '_')}.${extension}`;
    reply
      .type(name === 'pdf' ? mediaType : `${mediaType}; charset=utf-8`)
      .header('cache-control', 'private, no-store')
      .header('vary', 'accept, accept-language')
      .header('ledger-revision', wallet.revision.toString());
    if (name !== 'json') reply.header('content-disposition', `attachment; filename="${file}"`);
    return body;
  }

  private async walletOf(personId: string, { account, market }: How): Promise<WalletBalance> {
    const ledger = market === undefined ? undefined : markets[market].ledger;
    const wallets = await this.handlers.wallets(personId, ledger);
    const wallet = wallets.find((own) => account === undefined || own.account === account);
    if (wallet !== undefined) return wallet;
    throw new ProblemError(walletProblems['wallet-not-found'], 'You have no such wallet.');
  }
}
