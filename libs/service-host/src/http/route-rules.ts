import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** What a route has otherwise than all others. */
export interface RouteRules {
  /** Asked thousands of times a second: what succeeds is counted, and no line of the log. */
  readonly quiet?: boolean;
  /** Bytes of a request body at most. */
  readonly bodyLimit?: number;
}

/** Gives a route rules of its own. */
export const RouteRules = (rules: RouteRules): MethodDecorator => RouteConfig({ rules });

/** The rules that a route's configuration has. */
export function rulesIn(config: object | undefined): RouteRules {
  return (config as { rules?: RouteRules } | undefined)?.rules ?? {};
}

/** Applies the limits of routes that have their own. To be called before routes are added. */
export function applyBodyLimits(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit } = rulesIn(route.config);
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
}
