import { accountClassSchema, frozenSchema, ledgerIdSchema, openingCheck } from '@florin/contracts';
import { naturalBalance, type LedgerState, type OpenAccount } from '@florin/ledger';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  Internal,
  ProblemError,
  RouteRules,
  ZodBody,
  ZodParams,
  ZodQuery,
} from '@florin/service-host';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Books } from '../owners/books.js';
import type { Answer } from '../owners/forward.js';
import { ledgerProblems } from '../problems.js';
import { batchBodyLimit, platformBooks } from '../transfers/transfer.controller.js';
import { accountSchema, currencySchema, maxBatch } from '../transfers/transfer.dto.js';
import type { PlatformBook } from '../transfers/transfer.handler.js';

const person = '01a1fdfa-4600-7000-8000-00000000a44a';

const newAccountSchema = z
  .strictObject({
    account: accountSchema,
    owner: z
      .uuid()
      .nullable()
      .default(null)
      .meta({ description: "Whose it is; null for the platform's own" }),
    class: accountClassSchema.default('liability'),
    chart: z
      .string()
      .regex(/^\d{4}$/)
      .default('2010')
      .meta({ description: 'Number in the chart of accounts' }),
    currency: currencySchema.optional().meta({ description: "The ledger's own unless told" }),
    floor: z
      .int()
      .max(0)
      .nullable()
      .default(0)
      .meta({ description: 'The least that it may hold; null for none' }),
  })
  .check(openingCheck);

export const accountBatchBodySchema = z
  .strictObject({ ledger: ledgerIdSchema, accounts: z.array(newAccountSchema).min(1).max(maxBatch) })
  .meta({
    id: 'OpenAccounts',
    examples: [{ ledger: 'it-eur', accounts: [{ account: `wallet:${person}`, owner: person }] }],
  });

const accountsDoneSchema = z
  .strictObject({
    ledger: z.string(),
    opened: z.int().meta({ description: 'How many of them are open as asked, since now or before' }),
    outcomes: z.array(
      z.strictObject({
        account: z.string(),
        outcome: z.enum(['opened', 'refused']),
        code: z.enum(['account_conflict', 'command_invalid']).optional(),
      }),
    ),
  })
  .meta({ id: 'AccountBatch' });

const minor = z.int().meta({ description: 'Minor units, positive as the account grows' });
const accountStateSchema = z
  .strictObject({
    ...{ ledger: z.string(), account: z.string(), owner: z.string().nullable() },
    ...{ class: accountClassSchema, currency: z.string(), balance: minor },
    available: minor.meta({ description: 'The balance without what is held' }),
    floor: minor.nullable(),
    frozen: frozenSchema.nullable(),
    closed: z.boolean(),
    revision: z.int().meta({ description: 'The place in the ledger at which this is true' }),
  })
  .meta({ id: 'Account' });

@ApiTag('ledger', 'For platform callers: the ledger itself, with a service token of the scope `ledger:write`')
@Internal('ledger:write')
@ApiProblems(ledgerProblems['ledger-not-found'])
@Controller('v1/accounts')
export class AccountController {
  constructor(@Inject(platformBooks) private readonly books: Books<PlatformBook>) {}

  @Post('batch')
  @HttpCode(200)
  @RouteRules({ bodyLimit: batchBodyLimit })
  @ApiSummary('Open up to 1,000 accounts')
  @ApiReturns(200, accountsDoneSchema, 'What became of each, in their order')
  open(
    @ZodBody(accountBatchBodySchema) { ledger, accounts }: z.output<typeof accountBatchBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.books.serve(ledger, [request, reply], (book) => openAccounts(book, accounts));
  }

  @Get(':account')
  @ApiSummary('What an account holds')
  @ApiReturns(200, accountStateSchema, 'The account, after all that was answered before')
  @ApiProblems(ledgerProblems['account-not-found'])
  account(
    @ZodParams(z.strictObject({ account: accountSchema })) { account }: { account: string },
    @ZodQuery(z.strictObject({ ledger: ledgerIdSchema })) { ledger }: { ledger: string },
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.books.serve(ledger, [request, reply], (book) => lookAtAccount(book, account));
  }
}

async function openAccounts(
  { ledger, writer }: PlatformBook,
  accounts: readonly z.output<typeof newAccountSchema>[],
): Promise<Answer> {
  const commands = accounts.map(({ floor, currency, ...account }): OpenAccount => ({
    type: 'OpenAccount',
    ...account,
    ...(currency !== undefined && { currency }),
    floor: floor === null ? null : BigInt(floor),
    testMoney: false,
  }));
  const outcomes = await writer.decideEach(commands, (decision, _, command) => {
    const { account } = command as OpenAccount;
    if (decision.outcome !== 'unacceptable') return { account, outcome: 'opened' };
    return { account, outcome: 'refused', code: decision.code };
  });
  const opened = outcomes.filter(({ outcome }) => outcome === 'opened').length;
  return { status: 200, body: JSON.stringify({ ledger, opened, outcomes }) };
}

async function lookAtAccount({ ledger, writer }: PlatformBook, account: string): Promise<Answer> {
  const body = await writer.look((state) => accountText(state, account));
  if (body !== undefined) return { status: 200, body };
  throw new ProblemError(ledgerProblems['account-not-found'], `${ledger} has no account ${account}.`);
}

function accountText(state: LedgerState, id: string): string | undefined {
  const found = state.accounts.get(id);
  if (found === undefined) return undefined;
  const { account, debitBalance, held, frozen, closed } = found;
  const balance = naturalBalance(account.class, debitBalance);
  const { owner, class: accountClass, currency, floor } = account;
  return JSON.stringify({
    ...{ ledger: state.ledger, account: id, owner, class: accountClass, currency },
    ...{ balance: Number(balance), available: Number(balance - held) },
    ...{ floor: floor === null ? null : Number(floor), frozen, closed, revision: Number(state.revision) },
  });
}
