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
  // Node keeps the first of two, and a proxy before us may have gone by the other (RFC 9112, 3.2).
  if (raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) {
    return new ProblemError(commonProblems['invalid-request'], 'A request has one Host header.');
  }
  // Nobody here unpacks a body, and without this header, which the gateway does not hand on, it would look like noise.
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    return new ProblemError(
      commonProblems['unsupported-media-type'],
      'Send the body as it is, without a Content-Encoding such as gzip.',
      {},
      { 'accept-encoding': 'identity' },
    );
  }
  return undefined;
}
