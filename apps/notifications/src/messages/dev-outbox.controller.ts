import { integerText } from '@florin/configuration';
import { ApiReturns, ApiSummary, ApiTag, Public, ZodQuery } from '@florin/service-host';
import { Controller, Get } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { messagesTo } from './message.store.js';

const outboxQuery = z.object({
  // A "+" that was not escaped arrives as a space.
  to: z
    .string()
    .transform((to) => to.replace(/^ /, '+'))
    .pipe(z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +393471234567')),
  limit: integerText(1, 100).default(20),
});
const outboxAnswer = z.object({
  items: z.array(
    z.object({ to: z.string(), text: z.string(), code: z.string().nullable(), createdAt: z.iso.datetime() }),
  ),
});

/** Shows sign-in codes to whoever asks: the module has this controller in development alone (DEV_OUTBOX). */
@ApiTag('development', 'Never in production')
@Public()
@Controller('/v1/dev/outbox')
export class DevOutboxController {
  constructor(private readonly database: DataSource) {}

  @Get()
  @ApiSummary('Development only: the messages sent to a number, newest first')
  @ApiReturns(200, outboxAnswer, 'Messages of the last hour')
  async list(
    @ZodQuery(outboxQuery) { to, limit }: z.output<typeof outboxQuery>,
  ): Promise<z.output<typeof outboxAnswer>> {
    const messages = await messagesTo(this.database.manager, to, limit);
    return {
      items: messages.map((message) => ({ ...message, createdAt: message.createdAt.toISOString() })),
    };
  }
}
