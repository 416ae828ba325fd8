import type { ServerHttp2Stream } from 'node:http2';
import { MalformedMessage } from '../protobuf/decode.js';
import type { ServerLimits } from '../limits.js';
import { FrameReader, type ReceiveBudget } from './frames.js';
import { StatusCode, StatusError } from './status.js';

/** Frames are written in pieces of about this size. */
const WRITE_BYTES = 64 * 1024;

/** One call: its request messages in, response frames and a status out. */
export class GrpcCall {
  private readonly frames: FrameReader;
  private outgoing: Buffer[] = [];
  private outgoingBytes = 0;
  private flushPlanned = false;
  private trailers: Record<string, string> = {};
  private finished = false;
  private wakeReader: () => void = () => {};
  private wakeWriter: () => void = () => {};
  private readonly closeListeners: (() => void)[] = [];
  /** Since when the client owes something: its first message, or the rest of what is held. */
  private owedSinceMs: number | undefined = Date.now();
  private heldBytes = 0;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly budget: ReceiveBudget,
    private readonly limits: ServerLimits,
  ) {
    this.frames = new FrameReader(budget, limits.messageBytes);
    // Headers go out at once: clients take them as the sign that the call stands.
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(this.trailers));
    stream.on('readable', () => this.wakeReader());
    stream.on('end', () => this.wakeReader());
    stream.on('drain', () => this.wakeWriter());
    stream.on('close', () => this.closed());
  }

  /** True once the client has gone or the call has ended: nothing more will reach the client. */
  get isClosed(): boolean {
    return this.finished || this.stream.closed || this.stream.destroyed;
  }

  /** Calls `listener` when the call is closed, from either side. */
  onClose(listener: () => void): void {
    if (this.isClosed) listener();
    else this.closeListeners.push(listener);
  }

  /**
   * Counts bytes of messages that are kept until more has come, which must then come in time.
   * @throws StatusError (resource exhausted)
   */
  hold(bytes: number): void {
    this.budget.take(bytes);
    this.heldBytes += bytes;
    this.owedSinceMs ??= Date.now();
  }

  /** The end of what was held has come. */
  letGo(bytes: number): void {
    this.budget.giveBack(bytes);
    this.heldBytes -= bytes;
    this.owedSinceMs = this.heldBytes > 0 ? Date.now() : undefined;
  }

  /** Ends a call whose client lets the server wait in the middle of something. */
  endIfOverdue(): void {
    const sinceMs = this.frames.insideSinceMs ?? this.owedSinceMs;
    if (sinceMs === undefined || Date.now() - sinceMs < this.limits.arrivalMs) return;
    const message = `What was begun has not arrived within ${this.limits.arrivalMs} ms.`;
    this.finish(new StatusError(StatusCode.deadlineExceeded, message));
  }

  /**
   * The request messages in order. While the reader does something else, the client's window fills and it waits.
   * Ends when the client has sent everything or has gone.
   */
  async *requests(): AsyncGenerator<Buffer, void, undefined> {
    while (!this.isClosed) {
      for (let message = this.frames.next(); message; message = this.frames.next()) {
        if (this.heldBytes === 0) this.owedSinceMs = undefined;
        yield message;
      }
      const chunk = this.stream.read() as Buffer | null;
      if (chunk !== null) this.frames.push(chunk);
      else if (this.stream.readableEnded) break;
      else await new Promise<void>((resolve) => (this.wakeReader = resolve));
    }
    if (!this.isClosed && this.frames.isInside) {
      throw new StatusError(StatusCode.invalidArgument, 'The request ends inside a message.');
    }
  }

  /** The one message of a unary request. */
  async request(): Promise<Buffer> {
    for await (const message of this.requests()) return message;
    throw new StatusError(StatusCode.invalidArgument, 'The request has no message.');
  }

  /** Sends frames; small ones are gathered and leave together. */
  send(frames: Buffer): void {
    if (this.isClosed) return;
    this.outgoing.push(frames);
    this.outgoingBytes += frames.length;
    if (this.outgoingBytes >= WRITE_BYTES) this.flush();
    else if (!this.flushPlanned) {
      this.flushPlanned = true;
      // After everything that is settled in this turn, such as the other appends of the same sync.
      process.nextTick(() => this.flush());
    }
  }

  /** Resolves when the client has taken enough for more to be sent, or has gone. */
  async room(): Promise<void> {
    while (!this.isClosed && this.outgoingBytes + this.stream.writableLength >= WRITE_BYTES) {
      await new Promise<void>((resolve) => (this.wakeWriter = resolve));
    }
  }

  /** Ends the call. `failure` is any error: what is not a status becomes one. Returns what the client was told. */
  finish(failure?: unknown): StatusError | undefined {
    if (this.isClosed) return undefined;
    this.flush();
    this.finished = true;
    const error = failure === undefined ? undefined : statusError(failure);
    this.trailers = {
      'grpc-status': String(error?.code ?? StatusCode.ok),
      ...(error === undefined ? {} : { 'grpc-message': encodeURI(error.message.toWellFormed()) }),
      ...error?.trailers,
    };
    this.stream.end();
    this.released();
    // What the client still sends is discarded, so that it can finish in its own time.
    this.stream.removeAllListeners('readable');
    this.stream.resume();
    return error;
  }

  private flush(): void {
    this.flushPlanned = false;
    if (this.outgoing.length === 0 || this.isClosed) return;
    const [first] = this.outgoing;
    const bytes =
      this.outgoing.length === 1 && first !== undefined
        ? first
        : Buffer.concat(this.outgoing, this.outgoingBytes);
    this.outgoing = [];
    this.outgoingBytes = 0;
    this.stream.write(bytes);
  }

  private closed(): void {
    this.finished = true;
    this.outgoing = [];
    this.outgoingBytes = 0;
    this.released();
  }

  private released(): void {
    this.frames.clear();
    this.letGo(this.heldBytes);
    this.wakeReader();
    this.wakeWriter();
    for (const listener of this.closeListeners.splice(0)) listener();
  }
}

function statusError(failure: unknown): StatusError {
  if (failure instanceof StatusError) return failure;
  if (failure instanceof MalformedMessage)
    return new StatusError(StatusCode.invalidArgument, failure.message);
  const message = failure instanceof Error ? failure.message : String(failure);
  return new StatusError(StatusCode.internal, message);
}
