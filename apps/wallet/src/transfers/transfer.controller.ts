import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  Internal,
  RouteRules,
  ZodBody,
} from '@florin/service-host';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Books } from '../owners/books.js';
import { ledgerProblems } from '../problems.js';
import {
  batchDoneSchema,
  transferBatchBodySchema,
  transferBodySchema,
  transferDoneExample,
  transferDoneSchema,
} from './transfer.dto.js';
import { postAllTransfers, postTransfer, postTransfers, type PlatformBook } from './transfer.handler.js';

export const platformBooks = Symbol('platform books');

/** Room for a thousand transfers with every field. */
export const batchBodyLimit = 1024 * 1024;

@ApiTag('ledger', 'For platform callers: the ledger itself, with a service token of the scope `ledger:write`')
@Internal('ledger:write')
@ApiProblems(ledgerProblems['ledger-not-found'])
@Controller('v1/transfers')
export class TransferController {
  constructor(@Inject(platformBooks) private readonly books: Books<PlatformBook>) {}

  @Post()
  @RouteRules({ quiet: true })
  @ApiSummary('Move money from one account to another')
  @ApiReturns(201, transferDoneSchema, 'It is done, and will not be lost', { example: transferDoneExample })
  @ApiReturns(200, transferDoneSchema, 'It was done before: the same answer as then')
  @ApiProblems(ledgerProblems['ledger-refused'], ledgerProblems['id-reused'])
  post(
    @ZodBody(transferBodySchema) body: z.output<typeof transferBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.books.serve(body.ledger, [request, reply], (book) => postTransfer(book, body));
  }

  @Post('batch')
  @HttpCode(200)
  @RouteRules({ quiet: true, bodyLimit: batchBodyLimit })
  @ApiSummary('Up to 1,000 transfers, each for itself or all or nothing')
  @ApiReturns(200, batchDoneSchema, 'What became of each, in their order')
  @ApiProblems(ledgerProblems['batch-refused'], ledgerProblems['batch-too-large'])
  batch(
    @ZodBody(transferBatchBodySchema) { ledger, atomic, transfers }: z.output<typeof transferBatchBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.books.serve(ledger, [request, reply], (book) =>
      atomic ? postAllTransfers(book, transfers) : postTransfers(book, transfers),
    );
  }
}
