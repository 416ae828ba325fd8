import { holdKindSchema, ledgerIdSchema } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  Internal,
  ZodBody,
  ZodParams,
} from '@florin/service-host';
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Books } from '../owners/books.js';
import type { Answer } from '../owners/forward.js';
import { ledgerProblems } from '../problems.js';
import type { Asked } from '../transfers/outcomes.js';
import { platformBooks } from '../transfers/transfer.controller.js';
import {
  accountSchema,
  amountSchema,
  currencySchema,
  idSchema,
  referenceSchema,
  toPostEntry,
  transferDoneSchema,
  transferFields,
} from '../transfers/transfer.dto.js';
import { answerEntry, problemOf, type PlatformBook } from '../transfers/transfer.handler.js';

const expiresAt = z.iso
  .datetime()
  .meta({ description: 'When what is left is available again, by itself: within 366 days' });
const asked = { ledger: ledgerIdSchema, id: idSchema, reference: referenceSchema };

export const placeBodySchema = z
  .strictObject({
    ...asked,
    ...{ account: accountSchema, amount: amountSchema, currency: currencySchema },
    ...{ kind: holdKindSchema.default('order'), expiresAt },
  })
  .meta({ id: 'PlaceHold' });
export const captureBodySchema = z
  .strictObject({
    ledger: ledgerIdSchema,
    ...transferFields,
    final: z.boolean().default(true).meta({ description: 'Whether the hold ends with it, whatever is left' }),
  })
  .meta({ id: 'CaptureHold' });
export const releaseBodySchema = z.strictObject(asked).meta({ id: 'ReleaseHold' });
export const extendBodySchema = z.strictObject({ ...asked, expiresAt }).meta({ id: 'ExtendHold' });

const holdDoneSchema = z
  .strictObject({
    id: z.uuid(),
    ledger: z.string(),
    hold: z.uuid(),
    revision: z.int().meta({ description: 'Place in the ledger' }),
  })
  .meta({ id: 'HoldOutcome' });
const ofHold = z.strictObject({ hold: z.uuid() });
type OfHold = z.output<typeof ofHold>;
type Http = readonly [FastifyRequest, FastifyReply];

@ApiTag('ledger', 'For platform callers: the ledger itself, with a service token of the scope `ledger:write`')
@Internal('ledger:write')
@ApiProblems(
  ledgerProblems['ledger-not-found'],
  ledgerProblems['ledger-refused'],
  ledgerProblems['id-reused'],
)
@Controller('v1/holds')
export class HoldController {
  constructor(@Inject(platformBooks) private readonly books: Books<PlatformBook>) {}

  @Post()
  @ApiSummary('Set money of an account aside')
  @ApiReturns(201, holdDoneSchema, 'It is held')
  @ApiReturns(200, holdDoneSchema, 'It was held before: the same answer as then')
  place(
    @ZodBody(placeBodySchema) body: z.output<typeof placeBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { ledger, id, expiresAt, amount, ...rest } = body;
    const command: Asked = {
      ...{ type: 'PlaceHold', holdId: id, ...rest, amount: BigInt(amount) },
      expiresAt: Date.parse(expiresAt),
    };
    return this.ask(ledger, [id, id], command, [request, reply]);
  }

  @Post(':hold/capture')
  @ApiSummary('Move money out of a hold to an account')
  @ApiReturns(201, transferDoneSchema, 'It is done, and will not be lost')
  @ApiReturns(200, transferDoneSchema, 'It was done before: the same answer as then')
  capture(
    @ZodParams(ofHold) { hold }: OfHold,
    @ZodBody(captureBodySchema) { ledger, final, ...transfer }: z.output<typeof captureBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const entry = { ...toPostEntry(transfer), capture: { holdId: hold, final } };
    return this.books.serve(ledger, [request, reply], async ({ desk }) =>
      answerEntry(ledger, entry, await desk.ask(entry)),
    );
  }

  @Post(':hold/release')
  @ApiSummary('Give a hold up, so that what is left of it is available again')
  @ApiReturns(201, holdDoneSchema, 'It has ended')
  @ApiReturns(200, holdDoneSchema, 'It ended before: the same answer as then')
  release(
    @ZodParams(ofHold) { hold }: OfHold,
    @ZodBody(releaseBodySchema) { ledger, id, reference }: z.output<typeof releaseBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const command: Asked = { type: 'ReleaseHold', commandId: id, holdId: hold, reference };
    return this.ask(ledger, [id, hold], command, [request, reply]);
  }

  @Post(':hold/extend')
  @ApiSummary('Have a hold last longer')
  @ApiReturns(201, holdDoneSchema, 'It lasts until then')
  @ApiReturns(200, holdDoneSchema, 'It was extended before: the same answer as then')
  extend(
    @ZodParams(ofHold) { hold }: OfHold,
    @ZodBody(extendBodySchema) { ledger, id, reference, expiresAt }: z.output<typeof extendBodySchema>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const until = Date.parse(expiresAt);
    const command: Asked = { type: 'ExtendHold', commandId: id, holdId: hold, reference, expiresAt: until };
    return this.ask(ledger, [id, hold], command, [request, reply]);
  }

  private ask(
    ledger: string,
    [id, hold]: readonly [string, string],
    command: Asked,
    http: Http,
  ): Promise<string> {
    return this.books.serve(ledger, http, async ({ desk }): Promise<Answer> => {
      const outcome = await desk.ask(command);
      if (outcome.kind !== 'done') throw problemOf(ledger, id, outcome);
      const body = JSON.stringify({ id, ledger, hold, revision: Number(outcome.revision) });
      return { status: outcome.again ? 200 : 201, body };
    });
  }
}
