import { Worker } from 'node:worker_threads';
import { createDigester, type Digest } from './digest.js';

/** A digester, in this thread or in one of its own. Blocks are given away, and answered in their order. */
export interface DigestThread {
  digest(bytes: Uint8Array<ArrayBuffer>): Digest | Promise<Digest>;
  close(): Promise<void>;
}

/** Below this size a thread costs more than it saves. */
const MIN_BYTES = 2 * 1024 * 1024;
/** Where this runs from its sources, as in a spec, there is no compiled file that a thread could begin with. */
const workerUrl = import.meta.url.endsWith('.js')
  ? new URL('./digest.worker.js', import.meta.url)
  : undefined;

/** For files of so many bytes in all. */
export function startDigester(bytes: number): DigestThread {
  if (workerUrl !== undefined && bytes >= MIN_BYTES) return new WorkerDigester(workerUrl);
  const digest = createDigester();
  return { digest, close: () => Promise.resolve() };
}

class WorkerDigester implements DigestThread {
  readonly #worker: Worker;
  readonly #asked: { resolve: (digest: Digest) => void; reject: (error: Error) => void }[] = [];

  constructor(url: URL) {
    this.#worker = new Worker(url);
    this.#worker.on('message', (digest: Digest) => this.#asked.shift()?.resolve(digest));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the hashing thread ended with ${code}`)));
  }

  digest(bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
    const { promise, resolve, reject } = Promise.withResolvers<Digest>();
    // Whoever waits for it sees a failure; nobody may wait any more.
    promise.catch(() => undefined);
    this.#asked.push({ resolve, reject });
    this.#worker.postMessage(bytes, [bytes.buffer]);
    return promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }
}
