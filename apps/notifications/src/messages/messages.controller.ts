import { ApiReturns, ApiSummary, ApiTag, Internal, ZodBody } from '@florin/service-host';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { storeMessage } from './message.store.js';
import { outboundMessageSchema, type OutboundMessage } from './templates.js';

const messageAnswer = z.object({ messageId: z.uuid() });

@ApiTag('messages', 'What goes to phones')
@Controller('/internal/messages')
export class MessagesController {
  constructor(private readonly database: DataSource) {}

  @Post()
  @HttpCode(202)
  @Internal('messages:send')
  @ApiSummary('Take a message for delivery to a phone number')
  @ApiReturns(202, messageAnswer, 'Taken; it is kept for an hour')
  async send(
    @ZodBody(outboundMessageSchema) message: OutboundMessage,
  ): Promise<z.output<typeof messageAnswer>> {
    return { messageId: await storeMessage(this.database.manager, message, new Date()) };
  }
}
