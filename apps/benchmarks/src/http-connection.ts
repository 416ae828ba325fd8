import { connect, type Socket } from 'node:net';

/** An answer: its status and its body as it came. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const endOfHead = Buffer.from('\r\n\r\n');

/**
 * One HTTP/1.1 connection that is kept, for one request at a time: a load generator must cost little beside what it measures.
 * Reads bodies by their length and in chunks.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | undefined;

  constructor(private readonly origin: URL) {
    this.#socket = connect(Number(origin.port || 80), origin.hostname).setNoDelay(true);
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** `headers` are whole lines, each with its line end. */
  request(method: string, path: string, headers: string, body = ''): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: ${this.origin.host}\r\n${headers}` +
          `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const found = answerIn(this.#received);
    if (found === undefined) return;
    this.#received = this.#received.subarray(found.length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(found.answer);
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}

/** The answer that begins the bytes, and how many of them it takes; `undefined` while it is not whole. */
export function answerIn(bytes: Buffer): { answer: HttpAnswer; length: number } | undefined {
  const end = bytes.indexOf(endOfHead);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const bodyAt = end + endOfHead.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) {
    return /\r\ntransfer-encoding: *chunked/i.test(head)
      ? chunkedIn(bytes, bodyAt, status)
      : { answer: { status, body: '' }, length: bodyAt };
  }
  const whole = bodyAt + Number(length);
  if (bytes.length < whole) return undefined;
  return { answer: { status, body: bytes.toString('utf8', bodyAt, whole) }, length: whole };
}

function chunkedIn(
  bytes: Buffer,
  bodyAt: number,
  status: number,
): { answer: HttpAnswer; length: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = bodyAt; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { answer: { status, body: Buffer.concat(chunks).toString() }, length: next };
    chunks.push(bytes.subarray(lineEnd + 2, next - 2));
    at = next;
  }
}
