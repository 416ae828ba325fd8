import {
  createParamDecorator,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { bearerToken, type Principal, type TokenVerifier } from './token-verifier.js';

/** Who may call a route. Without a decorator: a person with a valid access token. */
export type Access = { kind: 'person' } | { kind: 'public' } | { kind: 'internal'; scope: string };

const accessKey = 'florin:access';

/** Opens a route (or a controller) to everybody: the one visible way to do so. */
export const Public = (): CustomDecorator => SetMetadata(accessKey, { kind: 'public' } satisfies Access);

/** Only services whose token has `scope` may call this route (or controller). */
export const Internal = (scope: string): CustomDecorator =>
  SetMetadata(accessKey, { kind: 'internal', scope } satisfies Access);

/** What a handler or, failing that, its controller says about access. */
export function accessOf(handler: object, controller: object): Access {
  const declared = (Reflect.getMetadata(accessKey, handler) ?? Reflect.getMetadata(accessKey, controller)) as
    Access | undefined;
  return declared ?? { kind: 'person' };
}

const people = new WeakMap<FastifyRequest, Principal>();

/** The person whose token the request carries; a Principal. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal =>
  personOf(requestOf(context)),
);

/** The access token of that person, to call another service in their name. */
export const AccessToken = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = requestOf(context);
  personOf(request);
  return bearerToken(request.headers.authorization);
});

function personOf(request: FastifyRequest): Principal {
  const person = people.get(request);
  if (!person) throw new Error('@CurrentUser() or @AccessToken() stands on a route that is not for people');
  return person;
}

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

/** Stands before every HTTP route; messages of other transports pass, their contracts are checked elsewhere. */
export class AccessGuard implements CanActivate {
  constructor(private readonly verifier: TokenVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getHandler(), context.getClass());
    if (access.kind === 'public') return true;
    const request = requestOf(context);
    const { authorization } = request.headers;
    if (access.kind === 'internal') await this.verifier.verifyService(authorization, access.scope);
    else people.set(request, await this.verifier.verifyPerson(authorization));
    return true;
  }
}
