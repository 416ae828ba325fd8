import {
  createParamDecorator,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal, TokenVerifier } from './token-verifier.js';

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
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const person = people.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (!person) throw new Error('@CurrentUser() stands on a route that is not for people');
  return person;
});

/** Stands before every HTTP route; messages of other transports pass, their contracts are checked elsewhere. */
export class AccessGuard implements CanActivate {
  constructor(private readonly verifier: TokenVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getHandler(), context.getClass());
    if (access.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    if (access.kind === 'internal') await this.verifier.verifyService(authorization, access.scope);
    else people.set(request, await this.verifier.verifyPerson(authorization));
    return true;
  }
}
