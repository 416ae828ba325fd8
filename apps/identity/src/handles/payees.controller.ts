import { channelSchema, handleMaxLength, marketSchema } from '@florin/contracts';
import { ApiProblems, ApiReturns, ApiSummary, ApiTag, ZodQuery } from '@florin/service-host';
import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { maskedName } from '../people/name.js';
import type { Handle, Person } from '../people/people.store.js';
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

/** Who a handle belongs to. */
export type PersonOf = (handle: Handle) => Promise<Person | undefined>;
export const personOf = Symbol('person of a handle');

@ApiTag('handles', 'The names that people are paid by')
@Controller('/v1/payees')
export class PayeesController {
  constructor(@Inject(personOf) private readonly personOf: PersonOf) {}

  @Get()
  @ApiSummary('Whom a handle belongs to')
  @ApiReturns(200, payeeAnswer, 'Somebody who can be paid')
  @ApiProblems(problems['payee-unknown'])
  async find(
    @ZodQuery(payeeQuery) { channel, handle }: z.output<typeof payeeQuery>,
  ): Promise<z.output<typeof payeeAnswer>> {
    const normal = normaliseHandle(channel, handle);
    const person = normal === undefined ? undefined : await this.personOf({ channel, handle: normal });
    if (person === undefined) throw refused('payee-unknown');
    return { personId: person.personId, market: person.market, displayName: maskedName(person.name) };
  }
}
