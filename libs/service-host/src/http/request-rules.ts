import type { FastifyInstance, FastifyRequest } from 'fastify';
import { commonProblems, ProblemError } from '../problems.js';

/** Refuses what no route could take, before anything is read of the body. To be called after `observeRequests`. */
export function enforceRequestRules(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    done(brokenRule(request));
  });
}

function brokenRule({ headers, raw }: FastifyRequest): ProblemError | undefined {
  if (headers.host === undefined && raw.httpVersion !== '1.0') {
    return new ProblemError(commonProblems['invalid-request'], 'A request needs a Host header.');
  }
  return undefined;
}
