import type { Socket } from 'node:net';
import type { Broker, BrokerNode, RequestContext } from './broker.js';
import { FrameReader } from './frame-reader.js';
import { limits } from './limits.js';
import { answer } from './router.js';
import { MalformedRequest } from './wire/codec.js';

/** Request bytes held by all connections of a broker. */
export interface RequestMemory {
  usedBytes: number;
}

/**
 * Serves one client: requests are done one after the other and answered in their order, as Apache Kafka does it. Who sends
 * faster than it is served, or does not read its answers, is not read from; who sends what is no request is cut off, alone.
 */
export function serveConnection(
  broker: Broker,
  node: BrokerNode,
  socket: Socket,
  memory: RequestMemory,
): void {
  new Connection(broker, node, socket, memory).start();
}

class Connection {
  readonly #frames = new FrameReader();
  readonly #queue: Buffer[] = [];
  readonly #gone = new AbortController();
  readonly #sender: Pick<RequestContext, 'node' | 'clientHost' | 'gone'>;
  #queuedBytes = 0;
  #heldBytes = 0;
  #isBusy = false;

  constructor(
    private readonly broker: Broker,
    node: BrokerNode,
    private readonly socket: Socket,
    private readonly memory: RequestMemory,
  ) {
    this.#sender = { node, clientHost: `/${socket.remoteAddress ?? ''}`, gone: this.#gone.signal };
  }

  start(): void {
    const { socket } = this;
    socket.setNoDelay(true);
    socket.setTimeout(limits.idleConnectionMs, () => socket.destroy());
    socket.on('data', (chunk) => this.#receive(chunk));
    // A reset or a broken pipe says no more than the close that follows it.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#queue.length = 0;
      this.#hold(0);
      this.#gone.abort();
    });
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.push(chunk)) {
        this.#queue.push(frame);
        this.#queuedBytes += frame.length;
      }
      this.#hold(this.#queuedBytes + this.#frames.partialBytes);
      if (this.memory.usedBytes > limits.bufferedRequestBytes) {
        throw new MalformedRequest('more unanswered requests than the broker has memory for');
      }
    } catch (error) {
      return this.#cutOff(error as Error);
    }
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
        this.#hold(this.#queuedBytes + this.#frames.partialBytes);
        if (this.socket.isPaused() && !this.#isFull()) this.socket.resume();
      }
    } catch (error) {
      this.#cutOff(error as Error);
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
    if (hasRoom) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = () => resolve();
    socket.once('drain', goOn).once('close', goOn);
    await promise;
    socket.off('drain', goOn).off('close', goOn);
  }

  #isFull(): boolean {
    return this.#queue.length >= limits.queuedRequests || this.#queuedBytes >= limits.queuedRequestBytes;
  }

  #hold(bytes: number): void {
    this.memory.usedBytes += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
  }

  #cutOff(error: Error): void {
    const peer = `${this.socket.remoteAddress}:${this.socket.remotePort}`;
    if (!this.socket.destroyed) this.broker.notice(`connection ${peer} closed: ${error.message}`);
    this.socket.destroy();
  }
}
