import { ProblemError } from '@florin/service-host';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ledgerProblems } from '../problems.js';
import type { AtOwner } from './at-owner.js';
import { forwardedHeader, type Answer, type Asked } from './forward.js';

/** The books of this service, each answered for by the instance that leads it. */
export class Books<Book> {
  constructor(
    private readonly books: ReadonlyMap<string, Book>,
    private readonly atOwner: AtOwner,
  ) {}

  /** Answers a request with what `here` answers on the owner. Throws a problem for a ledger that is not kept here. */
  async serve(
    ledger: string,
    [request, reply]: readonly [FastifyRequest, FastifyReply],
    here: (book: Book) => Promise<Answer>,
  ): Promise<string> {
    const book = this.books.get(ledger);
    if (book === undefined) {
      throw new ProblemError(ledgerProblems['ledger-not-found'], `There is no ledger "${ledger}" here.`);
    }
    const answer = await this.atOwner(ledger, askedIn(request), () => here(book));
    reply.code(answer.status).header('content-type', answer.contentType ?? 'application/json; charset=utf-8');
    return answer.body;
  }
}

function askedIn({ method, url, headers, body }: FastifyRequest): Asked {
  const { traceparent } = headers;
  return {
    method: method === 'GET' ? 'GET' : 'POST',
    path: url,
    authorization: headers.authorization,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    body,
    forwarded: headers[forwardedHeader] !== undefined,
  };
}
