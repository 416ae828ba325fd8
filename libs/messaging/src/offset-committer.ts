import type { Consumer } from 'kafkajs';
import type { Logger } from './logger.js';

/** Offsets handled so far wait this long for others to be committed with them. */
const commitEveryMs = 100;

/**
 * Commits offsets beside the work instead of between two batches: one request per 100 ms at most, and no round trip
 * that the next batch waits for. What a crash leaves uncommitted is delivered again, as after any crash.
 */
export class OffsetCommitter {
  readonly #pending = new Map<string, { topic: string; partition: number; offset: string }>();
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> = Promise.resolve();

  constructor(
    private readonly consumer: Pick<Consumer, 'commitOffsets'>,
    private readonly logger: Logger,
  ) {}

  /** Everything up to `offset`, inclusive, is handled. */
  handled(topic: string, partition: number, offset: string): void {
    this.#pending.set(`${topic}/${partition}`, { topic, partition, offset: String(BigInt(offset) + 1n) });
    this.#timer ??= setTimeout(() => void this.flush(), commitEveryMs);
  }

  /** Commits what is pending. A failed commit is logged and left: a later one covers it, or the messages come again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const offsets = [...this.#pending.values()];
    this.#pending.clear();
    if (offsets.length > 0) {
      this.#committing = this.#committing
        .then(() => this.consumer.commitOffsets(offsets))
        .catch((error: unknown) => {
          this.logger.debug({ err: error }, 'offsets were not committed');
        });
    }
    await this.#committing;
  }

  /** Forgets what is pending: after a rebalance the group starts from what was committed. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
  }
}
