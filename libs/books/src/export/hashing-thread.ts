import { Worker } from 'node:worker_threads';
import { ExportFault, type ExportFaultCode } from './fault.js';
import { hashedBlocksOf, type HashedBlock } from './hashed-blocks.js';

/** Reads and hashes files, in this thread or in one of its own. */
export interface Hashing {
  /** As `hashedBlocksOf`. One file at a time, and to its end, or until `close`. */
  blocksOf(path: string): AsyncIterable<HashedBlock>;
  close(): Promise<void>;
}

/** To the thread: a file to be read, or that a block was taken. */
export interface ToThread {
  readonly path?: string;
}

/** From the thread: the blocks of a file, and then its end, with what stopped the reading. */
export type FromThread =
  | { readonly block: HashedBlock; readonly end?: undefined }
  | { readonly block?: undefined; readonly end: End };

interface End {
  readonly fault?: { readonly code: ExportFaultCode; readonly detail: string };
  /** An error of the system, with its fields. */
  readonly failure?: { readonly message: string };
}

/** What it makes is gone with the next block: a small part of the heap for it is memory saved, and is sooner at hand. */
const resourceLimits = { maxYoungGenerationSizeMb: 8 };
/** Below this size a thread costs more than it saves. */
const MIN_BYTES = 2 * 1024 * 1024;
/** Where this runs from its sources, as in a spec, there is no compiled file that a thread could begin with. */
const workerUrl = import.meta.url.endsWith('.js')
  ? new URL('./hashing.worker.js', import.meta.url)
  : undefined;

/** For files of so many bytes in all. */
export function startHashing(bytes: number): Hashing {
  if (workerUrl !== undefined && bytes >= MIN_BYTES) return new HashingThread(workerUrl);
  return { blocksOf: hashedBlocksOf, close: () => Promise.resolve() };
}

class HashingThread implements Hashing {
  readonly #worker: Worker;
  readonly #arrived: FromThread[] = [];
  #failure: Error | undefined;
  #wake = (): void => undefined;

  constructor(url: URL) {
    this.#worker = new Worker(url, { resourceLimits });
    this.#worker.on('message', (message: FromThread) => {
      this.#arrived.push(message);
      this.#wake();
    });
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the hashing thread ended with ${code}`)));
  }

  async *blocksOf(path: string): AsyncGenerator<HashedBlock, void> {
    this.#tell({ path });
    for (;;) {
      const { block, end } = await this.#next();
      if (block === undefined) return throwIfAny(end);
      yield { ...block, bytes: Buffer.from(block.bytes.buffer) };
      this.#tell({});
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  async #next(): Promise<FromThread> {
    for (;;) {
      const message = this.#arrived.shift();
      if (message !== undefined) return message;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}

function throwIfAny({ fault, failure }: End): void {
  if (fault !== undefined) throw new ExportFault(fault.code, fault.detail);
  if (failure !== undefined) throw Object.assign(new Error(failure.message), failure);
}
