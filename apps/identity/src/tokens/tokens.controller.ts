import { ApiProblems, ApiReturns, ApiSummary, ApiTag, Public, ZodBody } from '@florin/service-host';
import { Controller, Get, Header, HttpCode, Inject, Post } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { ServiceClients } from '../config.js';
import { problems, refused } from '../problems.js';
import { scopesOfClient } from './service-client.js';
import { TokenIssuer } from './token-issuer.js';

const jwksAnswer = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });
const tokenBody = z.strictObject({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().max(40),
  client_secret: z.string().max(200),
});
const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int().describe('Seconds'),
});

export const serviceClients = Symbol('service clients');

@ApiTag('tokens', 'For services, and for whoever checks tokens')
@Public()
@Controller()
export class TokensController {
  constructor(
    private readonly issuer: TokenIssuer,
    @Inject(serviceClients) private readonly clients: ServiceClients,
  ) {}

  @Get('/.well-known/jwks.json')
  @Header('cache-control', 'public, max-age=300')
  @ApiSummary('The public keys that tokens are checked with')
  @ApiReturns(200, jwksAnswer, 'JSON Web Key Set (RFC 7517)')
  jwks(): JSONWebKeySet {
    return this.issuer.jwks();
  }

  @Post('/internal/token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiSummary('A token by which one service calls another')
  @ApiReturns(200, tokenAnswer, 'A token with the scopes of the service')
  @ApiProblems(problems['client-unknown'])
  async token(@ZodBody(tokenBody) body: z.output<typeof tokenBody>): Promise<z.output<typeof tokenAnswer>> {
    const scopes = scopesOfClient(this.clients, body.client_id, body.client_secret);
    if (scopes === undefined) throw refused('client-unknown');
    const now = new Date();
    const { accessToken, expiresAt } = await this.issuer.serviceToken(body.client_id, scopes, now);
    const expiresIn = Math.floor((expiresAt.getTime() - now.getTime()) / 1_000);
    return { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn };
  }
}
