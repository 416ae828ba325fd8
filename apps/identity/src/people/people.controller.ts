import { localeSchema, marketSchema } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  Internal,
  ZodBody,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { problems, refused } from '../problems.js';
import { maskedName } from './name.js';
import { peopleByIds, personById } from './people.store.js';

const meAnswer = z.object({
  personId: z.uuid(),
  name: z.string(),
  market: marketSchema,
  locale: localeSchema,
});
const peopleBody = z.strictObject({ ids: z.array(z.uuid()).max(500) });
const peopleAnswer = z.object({
  people: z.array(z.object({ personId: z.uuid(), displayName: z.string(), locale: localeSchema })),
});

@ApiTag('people', 'Who is who')
@Controller()
export class PeopleController {
  constructor(private readonly database: DataSource) {}

  @Get('/v1/me')
  @ApiSummary('Who I am')
  @ApiReturns(200, meAnswer, 'The person of the access token')
  @ApiProblems(problems['person-unknown'])
  async me(@CurrentUser() { personId }: Principal): Promise<z.output<typeof meAnswer>> {
    const person = await personById(this.database.manager, personId);
    if (person === undefined) throw refused('person-unknown');
    return person;
  }

  @Post('/internal/people')
  @HttpCode(200)
  @Internal('people:read')
  @ApiSummary('Names, as others may see them, and languages of up to 500 people')
  @ApiReturns(200, peopleAnswer, 'Those who exist, in no order')
  async people(
    @ZodBody(peopleBody) { ids }: z.output<typeof peopleBody>,
  ): Promise<z.output<typeof peopleAnswer>> {
    const people = await peopleByIds(this.database.manager, ids);
    return {
      people: people.map(({ personId, name, locale }) => ({
        personId,
        displayName: maskedName(name),
        locale,
      })),
    };
  }
}
