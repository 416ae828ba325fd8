import { channelSchema, handleMaxLength, marketSchema } from '@florin/contracts';
import { ApiProblems, ApiReturns, ApiSummary, ApiTag, ZodQuery } from '@florin/service-host';
import { Controller, Get } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { maskedName } from '../people/name.js';
import { personOfHandle } from '../people/people.store.js';
import { problems, refused } from '../problems.js';
import { normaliseHandle } from './handle.js';

const payeeQuery = z.object({
  channel: channelSchema,
  handle: z
    .string()
    .min(1)
    .max(handleMaxLength)
    // A "+" that was not escaped arrives as a space.
    .transform((handle) => handle.replace(/^ (?=\d)/, '+'))
    .describe('A phone number with its country code, or a name on the channel'),
});
const payeeAnswer = z.object({
  personId: z.uuid(),
  market: marketSchema,
  displayName: z.string().describe('First name and initial'),
});

@ApiTag('handles', 'The names that people are paid by')
@Controller('/v1/payees')
export class PayeesController {
  constructor(private readonly database: DataSource) {}

  @Get()
  @ApiSummary('Whom a handle belongs to')
  @ApiReturns(200, payeeAnswer, 'Somebody who can be paid')
  @ApiProblems(problems['payee-unknown'])
  async find(
    @ZodQuery(payeeQuery) { channel, handle }: z.output<typeof payeeQuery>,
  ): Promise<z.output<typeof payeeAnswer>> {
    const normal = normaliseHandle(channel, handle);
    const person =
      normal === undefined ? undefined : await personOfHandle(this.database.manager, channel, normal);
    if (person === undefined) throw refused('payee-unknown');
    return { personId: person.personId, market: person.market, displayName: maskedName(person.name) };
  }
}
