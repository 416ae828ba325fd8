import { localeSchema, marketSchema, markets, type MarketCode } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  marketClosed,
  Public,
  ZodBody,
} from '@florin/service-host';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { z } from 'zod';
import { nameSchema } from '../people/name.js';
import { problems, refused } from '../problems.js';
import { ClientNetwork } from './client-network.js';
import { phoneSchema } from './phone.js';
import type { ProveCode } from './prove-code.handler.js';
import type { StartChallenge, StartedChallenge } from './start-challenge.handler.js';

const registrationBody = z.strictObject({
  phone: phoneSchema,
  name: nameSchema,
  market: marketSchema.describe('Where the wallet is; it decides the currency'),
  locale: localeSchema.optional().describe("Language of messages; the market's unless told"),
});
const challengeBody = z.strictObject({ phone: phoneSchema });
const sessionBody = z.strictObject({
  challengeId: z.uuid(),
  code: z.string().regex(/^\d{6}$/, 'must be the six digits of the message'),
});

const challengeAnswer = z.object({ challengeId: z.uuid(), expiresAt: z.iso.datetime() });
const sessionAnswer = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  personId: z.uuid(),
  expiresAt: z.iso.datetime(),
});

export const signInHandlers = Symbol('sign-in handlers');
export interface SignInHandlers {
  readonly openMarkets: readonly MarketCode[];
  readonly startChallenge: StartChallenge;
  readonly proveCode: ProveCode;
}

@ApiTag('sign-in', 'From a phone to an access token')
@Public()
@Controller('/v1')
export class SignInController {
  constructor(@Inject(signInHandlers) private readonly handlers: SignInHandlers) {}

  @Post('registrations')
  @HttpCode(202)
  @ApiSummary('Register: sends a code to the phone. A phone that is registered already is signed in instead')
  @ApiReturns(202, challengeAnswer, 'A code was sent')
  @ApiProblems(problems['market-closed'], problems['challenges-too-many'], problems['code-not-sent'])
  async register(
    @ZodBody(registrationBody) body: z.output<typeof registrationBody>,
    @ClientNetwork() network: string,
  ) {
    const { phone, name, market, locale = markets[market].defaultLocale } = body;
    if (!this.handlers.openMarkets.includes(market)) throw marketClosed(market);
    const registration = { name, market, locale };
    return answer(await this.handlers.startChallenge({ phone, network, registration }));
  }

  @Post('challenges')
  @HttpCode(202)
  @ApiSummary('Sign in again: sends a code to the phone, registered or not')
  @ApiReturns(202, challengeAnswer, 'A code was sent')
  @ApiProblems(problems['challenges-too-many'], problems['code-not-sent'])
  async challenge(
    @ZodBody(challengeBody) { phone }: z.output<typeof challengeBody>,
    @ClientNetwork() network: string,
  ) {
    return answer(await this.handlers.startChallenge({ phone, network, registration: null }));
  }

  @Post('sessions')
  @HttpCode(200)
  @ApiSummary('Prove the code: gives an access token, and makes the account the first time')
  @ApiReturns(200, sessionAnswer, 'Signed in')
  @ApiProblems(
    problems['challenge-unknown'],
    problems['challenge-used'],
    problems['challenge-expired'],
    problems['challenge-exhausted'],
    problems['code-wrong'],
    problems['person-unknown'],
  )
  async session(
    @ZodBody(sessionBody) body: z.output<typeof sessionBody>,
  ): Promise<z.output<typeof sessionAnswer>> {
    const session = await this.handlers.proveCode(body);
    if (typeof session === 'string') throw refused(session);
    const { accessToken, personId, expiresAt } = session;
    return { accessToken, tokenType: 'Bearer', personId, expiresAt: expiresAt.toISOString() };
  }
}

function answer(started: StartedChallenge | 'challenges-too-many'): z.output<typeof challengeAnswer> {
  if (started === 'challenges-too-many') throw refused(started);
  return { challengeId: started.challengeId, expiresAt: started.expiresAt.toISOString() };
}
