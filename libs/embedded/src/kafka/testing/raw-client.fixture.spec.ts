import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Api, nullableString, Reader, Writer } from '../wire/codec.js';

/** A client that sends any version of any request, or any bytes at all, and checks nothing. */
export class RawClient {
  #received = Buffer.alloc(0);
  #correlationId = 0;
  readonly #waiting: Array<(frame: Buffer) => void> = [];
  readonly closed: Promise<unknown>;

  private constructor(
    private readonly socket: Socket,
    private readonly clientId: string,
  ) {
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#deliver();
    });
  }

  static async connect(port: number, clientId = 'raw'): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket, clientId);
  }

  /** The decoded response. */
  async request<Request, Response>(
    api: Api<Request, Response>,
    version: number,
    request: Request,
  ): Promise<Response> {
    const body = new Writer();
    api.request.write(body, request, version);
    const reader = await this.send(api.key, version, Buffer.concat(body.frame(0).slice(1)));
    return api.response.read(reader, version);
  }

  /** What follows the correlation id in the response. */
  async send(key: number, version: number, body: Buffer): Promise<Reader> {
    const id = ++this.#correlationId;
    const header = new Writer();
    header.int16(key);
    header.int16(version);
    header.int32(id);
    nullableString.write(header, this.clientId, 0);
    const frame = Buffer.concat([...header.frame(0).slice(1), body]);
    const length = Buffer.alloc(4);
    length.writeInt32BE(frame.length);
    const answer = new Promise<Buffer>((resolve) => this.#waiting.push(resolve));
    this.write(Buffer.concat([length, frame]));
    const reader = new Reader(await answer);
    const answeredId = reader.int32();
    if (answeredId !== id) throw new Error(`request ${id} was answered as ${answeredId}`);
    return reader;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  stopReading(): void {
    this.socket.pause();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #deliver(): void {
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      this.#waiting.shift()?.(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
  }
}
