import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../logger.js';
import { commonProblems, problemAnswer, ProblemError, type ProblemAnswer } from '../problems.js';

/** How long a refused connection stays open for the client to read why, in milliseconds. */
const lingerMs = 1_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Answers what Node's HTTP server would refuse with an empty page before any route sees it: a request that is not
 * HTTP or too slow, and an expectation that nobody here can meet. Each gets a problem, and its connection ends.
 */
export class BrokenRequests {
  /** The last request of each connection. */
  readonly #exchanges = new WeakMap<Socket, Exchange>();
  readonly #refused = new WeakSet<Socket>();

  constructor(private readonly logger: Logger) {}

  /** To be called before the server listens. */
  watch(server: Server): void {
    server.on('request', (request, response) => this.#exchanges.set(request.socket, { request, response }));
    server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) =>
      answer(response, unmetExpectation()),
    );
  }

  /** The server's `clientError` listener. */
  readonly refuse = (error: Error & { code?: string }, socket: Socket): void => {
    // What comes after the part that was refused cannot be understood either.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const problem = problemOfParser(error.code);
    this.logger.info({ status: problem.problem.status, reason: error.code }, 'request refused');
    const last = this.#exchanges.get(socket);
    if (last === undefined || last.response.writableFinished) endWith(socket, problem);
    else if (!last.request.complete && !last.response.headersSent) answer(last.response, problem);
    // What we said now would be taken for the answer, or for a part of it, to the request before.
    else socket.destroy();
  };
}

function problemOfParser(code: string | undefined): ProblemError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ProblemError(
        commonProblems['headers-too-large'],
        'The address and the headers of a request may have 16 KiB at most, all together.',
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ProblemError(commonProblems['payload-too-large'], 'The chunks carry too many extensions.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ProblemError(
        commonProblems['request-timeout'],
        'The request did not arrive in time; send it again.',
      );
    default:
      return new ProblemError(commonProblems['invalid-request'], 'The request is not well-formed HTTP/1.1.');
  }
}

function unmetExpectation(): ProblemError {
  return new ProblemError(
    commonProblems['expectation-failed'],
    'The only expectation that can be met here is "100-continue".',
  );
}

function answer(response: ServerResponse, error: ProblemError): void {
  const { status, headers, body } = lastAnswer(error);
  response.writeHead(status, headers).end(body);
}

/** Writes the answer where there is no response to write it with. */
function endWith(socket: Socket, error: ProblemError): void {
  const { status, headers, body } = lastAnswer(error);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  // Closed at once, with bytes of the client unread, the connection would be reset and the answer lost.
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** An answer after which the connection ends. */
function lastAnswer(error: ProblemError): ProblemAnswer {
  const answer = problemAnswer(error);
  const length = String(Buffer.byteLength(answer.body));
  return { ...answer, headers: { ...answer.headers, 'content-length': length, connection: 'close' } };
}
