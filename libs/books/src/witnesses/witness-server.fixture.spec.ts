import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  cosignNote,
  decideWitness,
  formatSignature,
  generateKey,
  parseAddCheckpoint,
  type VerifierKey,
  type WitnessState,
} from '@florin/proofs';

/** A witness of one log, that can go away and come back to the same address. */
export class WitnessServer {
  readonly key = generateKey('witness.example', 'cosignature/v1');
  state: WitnessState | undefined;
  /** In place of what a witness answers. */
  answer: { status: number; body: string } | undefined;
  asked = 0;
  #server: Server | undefined;
  #port = 0;

  constructor(private readonly logKeys: readonly VerifierKey[]) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    this.#server = createServer((request, response) => {
      void this.#respond(request).then(({ status, body }) => response.writeHead(status).end(body));
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
    if (this.#server?.listening) await once(this.#server, 'close');
  }

  async #respond(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    this.asked += 1;
    if (this.answer !== undefined) return this.answer;
    const asked = parseAddCheckpoint(Buffer.concat(chunks));
    const decided = decideWitness(this.state, asked, { origin: asked.origin, keys: this.logKeys });
    if (decided.kind === 'refused') return { status: decided.status, body: decided.reason };
    if (decided.kind === 'conflict') return { status: 409, body: `${decided.size}\n` };
    this.state = decided.state;
    return { status: 200, body: formatSignature(cosignNote(decided.text, this.key, 1_700_000_000)) };
  }
}
