import { setImmediate } from 'node:timers/promises';

/** What is used of a readable stream in object mode. */
export interface Source {
  readonly readableLength: number;
  read(): unknown;
  on(event: 'readable', listener: () => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

interface BatchOptions {
  /** Most items in one batch. */
  readonly max: number;
  /** Wait until a batch is full (or the source has ended) instead of handing over what is there. */
  readonly full: boolean;
  /** Ends the iteration at once; what was not handed over is dropped. */
  readonly signal: AbortSignal;
}

/**
 * The items of an object-mode stream, in batches. Reads only on demand, so that a slow consumer makes the stream
 * (and whoever feeds it) wait. Throws the stream's error after the items that came before it.
 */
export function batches<T>(source: Source, options: BatchOptions): AsyncGenerator<T[], void> {
  // Listens from now on and not from the first pull: an error in between must not be unhandled.
  return pull<T>(source, new News(source, options.signal), options);
}

async function* pull<T>(source: Source, news: News, options: BatchOptions): AsyncGenerator<T[], void> {
  const { max, full, signal } = options;
  let batch: T[] = [];
  const take = (): void => {
    for (let item: T | null; batch.length < max && (item = source.read() as T | null) !== null;)
      batch.push(item);
  };
  while (!signal.aborted) {
    news.seen();
    take();
    if (batch.length === 0 || (full && batch.length < max && !news.over)) {
      if (news.over) return news.rethrow();
      await news.next();
      continue;
    }
    if (!full && batch.length < max) {
      // Items of one network packet come one by one: let those that are here already join the first.
      await setImmediate();
      take();
    }
    yield batch;
    batch = [];
  }
}

/** Waits for the next thing to happen on a stream. Its error listener stays: late errors must not be unhandled. */
class News {
  error: Error | undefined;
  #over = false;
  #any = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly source: Source,
    signal: AbortSignal,
  ) {
    source.on('readable', () => this.#tell());
    source.on('end', () => this.#end());
    source.on('close', () => this.#end());
    source.on('error', (error) => {
      this.error ??= error;
      this.#end();
    });
    signal.addEventListener('abort', () => this.#tell(), { once: true });
  }

  /** Ended or failed, and nothing left to read. */
  get over(): boolean {
    return this.#over && this.source.readableLength === 0;
  }

  rethrow(): void {
    if (this.error !== undefined) throw this.error;
  }

  seen(): void {
    this.#any = false;
  }

  async next(): Promise<void> {
    if (this.#any) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #end(): void {
    this.#over = true;
    this.#tell();
  }

  #tell(): void {
    this.#any = true;
    this.#wake();
  }
}
