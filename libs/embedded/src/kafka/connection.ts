import type { Socket } from 'node:net';
import type { Broker, BrokerNode, RequestContext } from './broker.js';
import type { BufferedMemory } from './buffered-memory.js';
import { FrameReader } from './frame-reader.js';
import { limits } from './limits.js';
import { answer } from './router.js';
import { MalformedRequest } from './wire/codec.js';

/**
 * Serves one client: requests are done one after the other and answered in their order, as Apache Kafka does it. Who sends
 * faster than it is served, or does not read its answers, is not read from; who sends what is no request, or only a part
 * of one, is cut off, alone.
 */
export class Connection {
  readonly #frames = new FrameReader();
  readonly #queue: Buffer[] = [];
  readonly #gone = new AbortController();
  readonly #sender: Pick<RequestContext, 'node' | 'clientHost' | 'gone'>;
  #queuedBytes = 0;
  /** Of an answer that the client has not taken yet. */
  #unreadBytes = 0;
  #isBusy = false;
  readonly #openedMs = Date.now();
  #hasAsked = false;

  constructor(
    private readonly broker: Broker,
    node: BrokerNode,
    private readonly socket: Socket,
    private readonly memory: BufferedMemory,
  ) {
    this.#sender = { node, clientHost: `/${socket.remoteAddress ?? ''}`, gone: this.#gone.signal };
    socket.setNoDelay(true);
    socket.setTimeout(limits.idleConnectionMs, () => socket.destroy());
    socket.on('data', (chunk) => this.#receive(chunk));
    // A reset or a broken pipe says no more than the close that follows it.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#queue.length = 0;
      this.#count();
      this.#gone.abort();
    });
  }

  /**
   * Cuts off a client that has left a request half sent, or has opened a connection and asked nothing. While it is not read from, that is not
   * its fault.
   */
  requireProgress(nowMs = Date.now()): void {
    if (this.socket.isPaused()) return;
    if (!this.#hasAsked && nowMs - this.#openedMs > limits.firstRequestMs) {
      return this.cutOff(`it sent no whole request in its first ${limits.firstRequestMs / 1_000} s`);
    }
    try {
      this.#frames.requireProgress(nowMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.push(chunk)) {
        this.#hasAsked = true;
        this.#queue.push(frame);
        this.#queuedBytes += frame.length;
      }
      this.#count();
    } catch (error) {
      return this.#fail(error);
    }
    if (this.socket.destroyed) return;
    if (this.#isFull()) this.socket.pause();
    if (!this.#isBusy) void this.#serve();
  }

  async #serve(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let frame = this.#queue[0]; frame; frame = this.#queue[0]) {
        const reply = await answer(this.broker, frame, this.#sender);
        if (reply) await this.#send(reply);
        // Counted until it is answered: a parked request holds its memory.
        this.#queue.shift();
        this.#queuedBytes = Math.max(0, this.#queuedBytes - frame.length);
        if (this.#gone.signal.aborted) return;
        this.#count();
        if (this.socket.isPaused() && !this.#isFull()) {
          this.#frames.resume();
          this.socket.resume();
        }
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Resolves when the client has taken enough for more to be sent, or is gone. */
  async #send(reply: readonly Buffer[]): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) return;
    socket.cork();
    let hasRoom = true;
    for (const bytes of reply) hasRoom = socket.write(bytes);
    socket.uncork();
    if (!hasRoom) await this.#untilTaken();
  }

  async #untilTaken(): Promise<void> {
    const { socket } = this;
    this.#unreadBytes = socket.writableLength;
    this.#count();
    const tooLong = () => this.cutOff(`it left an answer unread for ${limits.unreadMs / 1_000} s`);
    const timer = setTimeout(tooLong, limits.unreadMs);
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = () => resolve();
    socket.once('drain', goOn).once('close', goOn);
    await promise;
    socket.off('drain', goOn).off('close', goOn);
    clearTimeout(timer);
    this.#unreadBytes = 0;
  }

  #isFull(): boolean {
    return this.#queue.length >= limits.queuedRequests || this.#queuedBytes >= limits.queuedRequestBytes;
  }

  #count(): void {
    const bytes = this.#queuedBytes + this.#frames.partialBytes + this.#unreadBytes;
    this.memory.hold(this, this.socket.destroyed ? 0 : bytes);
  }

  /** What the client did wrong is told in a sentence; what we did, with the place where it happened. */
  #fail(error: unknown): void {
    if (error instanceof MalformedRequest) return this.cutOff(error.message);
    this.cutOff(`a request failed: ${error instanceof Error ? error.stack : String(error)}`);
  }

  cutOff(reason: string): void {
    const peer = `${this.socket.remoteAddress}:${this.socket.remotePort}`;
    if (!this.socket.destroyed) this.broker.notice(`connection ${peer} closed: ${reason}`);
    this.socket.destroy();
    this.#count();
  }
}
