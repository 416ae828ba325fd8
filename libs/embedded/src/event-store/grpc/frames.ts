import { encode, encodeView } from '../protobuf/encode.js';
import type { Encodable, Fields, Message } from '../protobuf/tables.js';
import { StatusCode, StatusError } from './status.js';

const PREFIX_BYTES = 5;
/** So many chunks are joined: one of a byte alone costs more than a hundred. */
const LOOSE_CHUNKS = 256;

/** Encodes a message with gRPC's prefix: a zero (not compressed) and the length. */
export function encodeFrame<F extends Fields>(message: Message<F>, values: Encodable<F>): Buffer {
  return withPrefix(encode(message, values, PREFIX_BYTES));
}

/** As `encodeFrame`, for a caller that copies the result at once: the next encoding overwrites it. */
export function encodeFrameView<F extends Fields>(message: Message<F>, values: Encodable<F>): Buffer {
  return withPrefix(encodeView(message, values, PREFIX_BYTES));
}

function withPrefix(frame: Buffer): Buffer {
  frame[0] = 0;
  frame.writeUInt32BE(frame.length - PREFIX_BYTES, 1);
  return frame;
}

/** The message inside a frame. */
export function frameContent(frame: Buffer): Buffer {
  return frame.subarray(PREFIX_BYTES);
}

/** Bytes of messages that have arrived in part, over all calls of a server. */
export class ReceiveBudget {
  private used = 0;

  constructor(private readonly limitBytes: number) {}

  /** @throws StatusError (resource exhausted) */
  take(bytes: number): void {
    if (this.used + bytes > this.limitBytes) {
      const message = `Messages under way already fill the server's ${this.limitBytes} bytes; try again.`;
      throw new StatusError(StatusCode.resourceExhausted, message);
    }
    this.used += bytes;
  }

  giveBack(bytes: number): void {
    this.used -= bytes;
  }
}

/** Cuts one call's incoming bytes into messages. */
export class FrameReader {
  private chunks: Buffer[] = [];
  /** How many chunks came since some were joined. */
  private loose = 0;
  private buffered = 0;
  /** When the first byte of what is buffered came, in milliseconds since 1970. */
  private sinceMs = 0;

  constructor(
    private readonly budget: ReceiveBudget,
    private readonly maxMessageBytes: number,
  ) {}

  /** @throws StatusError (resource exhausted) */
  push(chunk: Buffer): void {
    this.budget.take(chunk.length);
    if (this.buffered === 0) this.sinceMs = Date.now();
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    this.loose++;
    if (this.loose === LOOSE_CHUNKS) this.joinLoose();
  }

  /**
   * The next whole message, or undefined when more bytes are needed.
   * @throws StatusError when it is compressed or too long
   */
  next(): Buffer | undefined {
    if (this.buffered < PREFIX_BYTES) return undefined;
    const prefix = this.gather(PREFIX_BYTES);
    if (prefix[0] !== 0) throw new StatusError(StatusCode.unimplemented, 'Compressed messages are not read.');
    const length = prefix.readUInt32BE(1);
    if (length > this.maxMessageBytes) {
      const message = `A message of ${length} bytes is over the limit of ${this.maxMessageBytes}.`;
      throw new StatusError(StatusCode.resourceExhausted, message);
    }
    if (this.buffered < PREFIX_BYTES + length) return undefined;
    const all = this.gather(PREFIX_BYTES + length);
    const rest = all.subarray(PREFIX_BYTES + length);
    if (rest.length > 0) this.chunks[0] = rest;
    else this.chunks.shift();
    this.release(PREFIX_BYTES + length);
    this.sinceMs = Date.now();
    return all.subarray(PREFIX_BYTES, PREFIX_BYTES + length);
  }

  /** True when a message has arrived in part. */
  get isInside(): boolean {
    return this.buffered > 0;
  }

  /** Since when a message has been there in part; undefined when none is. */
  get insideSinceMs(): number | undefined {
    return this.isInside ? this.sinceMs : undefined;
  }

  /** Forgets what has arrived. */
  clear(): void {
    this.chunks = [];
    this.loose = 0;
    this.release(this.buffered);
  }

  /** Joins chunks until the first one holds at least `bytes` bytes. */
  private gather(bytes: number): Buffer {
    const first = this.chunks[0];
    if (first !== undefined && first.length >= bytes) return first;
    const joined = Buffer.concat(this.chunks);
    this.chunks = [joined];
    this.loose = 0;
    return joined;
  }

  private joinLoose(): void {
    this.chunks.push(Buffer.concat(this.chunks.splice(-this.loose)));
    this.loose = 0;
  }

  private release(bytes: number): void {
    this.buffered -= bytes;
    this.budget.giveBack(bytes);
  }
}
