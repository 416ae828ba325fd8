import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import type { Logger } from '../logger.js';
import { commonProblems, problemAnswer, ProblemError, problemOfStatus } from '../problems.js';
import { problemOfFailure } from './failure.js';
import { contextOf, traceIdOf } from './request-hooks.js';

const details: Partial<Record<number, string>> = {
  414: 'The address of the request is too long.',
  415: 'Send the body as application/json.',
};

/** Answers every error as problem+json; what nobody foresaw is logged and told as `internal`, without its message. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    /** Methods that some route has at a path. */
    private readonly methodsAt: (path: string) => readonly string[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | void {
    // A message's failure belongs to the transport that brought it: retry, dead letter.
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = this.#problem(error, request);
    if (problem.problem.status >= 500) {
      context.with(contextOf(request), () =>
        this.logger.error({ err: problem.cause ?? error, problem: problem.problem.type }, 'request failed'),
      );
    }
    sendProblem(http.getResponse<FastifyReply>(), problem, traceIdOf(request));
  }

  #problem(error: unknown, request: FastifyRequest): ProblemError {
    if (error instanceof ProblemError) return error;
    if (error instanceof HttpException) return this.#ofStatus(error.getStatus(), error, request);
    return problemOfFailure(error);
  }

  #ofStatus(status: number, error: HttpException, request: FastifyRequest): ProblemError {
    const path = request.url.split('?', 1)[0]!;
    if (status === 404) {
      const methods = this.methodsAt(path);
      if (methods.length > 0 && !methods.includes(request.method)) {
        return new ProblemError(
          commonProblems['method-not-allowed'],
          `${request.method} is not possible here; ${methods.join(', ')} is.`,
          {},
          { allow: methods.join(', ') },
        );
      }
      return new ProblemError(commonProblems['not-found'], 'There is nothing at this address.');
    }
    const problem = problemOfStatus(status);
    const { bodyLimit } = request.routeOptions;
    const detail = status === 413 ? `The body may have ${bodyLimit / 1024} KiB at most.` : details[status];
    const answer = new ProblemError(problem, detail ?? `${problem.title}.`);
    answer.cause = error;
    return answer;
  }
}

/** Sends a problem as the response. */
export function sendProblem(reply: FastifyReply, error: ProblemError, traceId: string | undefined): void {
  if (reply.sent || reply.raw.headersSent) {
    // Too late to say anything in the protocol: end the connection, so that the client sees that it is not whole.
    reply.raw.destroy();
    return;
  }
  const { status, headers, body } = problemAnswer(error, traceId);
  void reply.code(status).headers(headers).send(body);
}
