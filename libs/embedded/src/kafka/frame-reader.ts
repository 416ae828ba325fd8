import { limits } from './limits.js';
import { MalformedRequest } from './wire/codec.js';

const LENGTH_BYTES = 4;
/** Key, version and correlation id. */
const LEAST_FRAME_BYTES = 8;
const FIRST_ROOM_BYTES = 64 * 1024;

/**
 * Cuts a connection's bytes into frames. A frame that comes in pieces is gathered in a buffer that grows with what has
 * arrived, never with what its length announces.
 */
export class FrameReader {
  #partial = Buffer.alloc(0);
  #filled = 0;
  /** When the first byte of the incomplete frame came. */
  #sinceMs = 0;

  /** Bytes held of a frame that is not complete. */
  get partialBytes(): number {
    return this.#filled;
  }

  /**
   * The frames that are complete now, without their length.
   *
   * @throws MalformedRequest when a length is too small for a request or beyond the limit, or a frame takes too long.
   */
  push(chunk: Buffer, nowMs = Date.now()): Buffer[] {
    const frames: Buffer[] = [];
    const wasEmpty = this.#filled === 0;
    let rest = chunk;
    while (this.#filled > 0 && rest.length > 0) {
      rest = this.#gather(rest);
      if (this.#isComplete()) frames.push(this.#take());
    }
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + frameLength(rest);
      if (rest.length < end) break;
      frames.push(rest.subarray(LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
    if (rest.length > 0) this.#gather(rest);
    if (wasEmpty || frames.length > 0) this.#sinceMs = nowMs;
    this.requireProgress(nowMs);
    return frames;
  }

  /**
   * Who sends byte by byte, or stops in the midst of a request, must not hold a connection for ever.
   *
   * @throws MalformedRequest when a frame takes too long.
   */
  requireProgress(nowMs = Date.now()): void {
    if (this.#filled > 0 && nowMs - this.#sinceMs > limits.arrivalMs) {
      throw new MalformedRequest(`a request that is not complete after ${limits.arrivalMs / 1_000} s`);
    }
  }

  /** The time in which nothing was read from the client does not count against it. */
  resume(nowMs = Date.now()): void {
    this.#sinceMs = nowMs;
  }

  /** Takes what belongs to the frame that is gathered; returns what is left over. */
  #gather(bytes: Buffer): Buffer {
    const wanted = this.#wanted();
    const taken = Math.min(bytes.length, wanted - this.#filled);
    this.#makeRoom(this.#filled + taken, wanted);
    bytes.copy(this.#partial, this.#filled, 0, taken);
    this.#filled += taken;
    const rest = bytes.subarray(taken);
    // With its length complete, the frame's end is known, and the next round takes up to there.
    return this.#filled === LENGTH_BYTES && rest.length > 0 ? this.#gather(rest) : rest;
  }

  #wanted(): number {
    return this.#filled < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + frameLength(this.#partial);
  }

  #isComplete(): boolean {
    return this.#filled > LENGTH_BYTES && this.#filled === this.#wanted();
  }

  #take(): Buffer {
    const frame = this.#partial.subarray(LENGTH_BYTES, this.#filled);
    this.#partial = Buffer.alloc(0);
    this.#filled = 0;
    return frame;
  }

  #makeRoom(needed: number, wanted: number): void {
    if (needed <= this.#partial.length) return;
    const size = Math.min(
      Math.max(needed, 2 * this.#partial.length, FIRST_ROOM_BYTES),
      Math.max(wanted, needed),
    );
    const larger = Buffer.allocUnsafe(size);
    this.#partial.copy(larger, 0, 0, this.#filled);
    this.#partial = larger;
  }
}

function frameLength(bytes: Buffer): number {
  const length = bytes.readInt32BE(0);
  if (length < LEAST_FRAME_BYTES || length > limits.requestBytes) {
    throw new MalformedRequest(`a request of ${length} bytes`);
  }
  return length;
}
