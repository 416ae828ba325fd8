import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DurableMap } from './durable-map.js';
import { type LogOptions, PartitionLog } from './partition-log.js';
import type { Recovery } from './recovery.js';

export interface Topic {
  readonly name: string;
  readonly partitions: readonly PartitionLog[];
  /** What was set when it was created; the rest is the broker's default. */
  readonly configs: Readonly<Record<string, string>>;
  /** The node of each partition, as whoever created them has decided; partitions beyond are spread in turn. */
  readonly leaders?: readonly number[];
  /** How many nodes clients are told that each partition is on; one unless set. */
  readonly replicas?: number;
}

type StoredTopic = Omit<Topic, 'name' | 'partitions'> & {
  readonly partitions: number;
  /** Its logs are being deleted; what is left of them is deleted at the next start. */
  readonly isDeleted?: true;
};

/**
 * The topics and their logs. Only what a deletion is on record of is ever deleted: a folder with messages that `topics.journal` does not
 * name says that the journal has lost something, and the broker does not start.
 */
export class TopicStore {
  readonly #topics = new Map<string, Topic>();
  readonly #stored: DurableMap<StoredTopic>;
  readonly #folder: string;

  constructor(
    dataDir: string,
    private readonly options: LogOptions,
    private readonly recovery: Recovery,
  ) {
    this.#folder = join(dataDir, 'logs');
    mkdirSync(this.#folder, { recursive: true });
    const journal = join(dataDir, 'topics.journal');
    this.#stored = new DurableMap(journal, recovery, true);
    for (const [name, stored] of [...this.#stored.entries()]) {
      if (stored.isDeleted) this.#finishDeletion(name, stored);
    }
    this.#requireNamed(journal);
    for (const [name, stored] of this.#stored.entries()) this.#topics.set(name, this.#open(name, stored));
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  all(): Topic[] {
    return [...this.#topics.values()];
  }

  partition(topic: string, index: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.partitions[index];
  }

  partitionCount(): number {
    return this.all().reduce((sum, topic) => sum + topic.partitions.length, 0);
  }

  create(name: string, stored: StoredTopic): void {
    const earlier = this.#stored.get(name);
    if (earlier?.isDeleted) this.#finishDeletion(name, earlier);
    this.#stored.put([[name, stored]]);
    this.#topics.set(name, this.#open(name, stored));
  }

  /** Adds partitions up to the new total; `leaders`, where given, names the node of each partition. */
  grow({ name, partitions: logs, ...topic }: Topic, partitions: number, leaders = topic.leaders): void {
    const kept = leaders ? { ...topic, leaders } : topic;
    this.#stored.put([[name, { ...kept, partitions }]]);
    const added = Array.from({ length: partitions - logs.length }, (_, index) =>
      this.#openLog(name, logs.length + index),
    );
    this.#topics.set(name, { ...kept, name, partitions: [...logs, ...added] });
  }

  /** Replaces what is set. */
  configure(topic: Topic, configs: Record<string, string>): void {
    const { name, partitions, ...kept } = { ...topic, configs };
    this.#stored.put([[name, { ...kept, partitions: partitions.length }]]);
    this.#topics.set(name, { ...topic, configs });
  }

  delete({ name, partitions }: Topic): void {
    const deleted: StoredTopic = { partitions: partitions.length, configs: {}, isDeleted: true };
    this.#stored.put([[name, deleted]]);
    this.#topics.delete(name);
    for (const log of partitions) log.remove();
    this.#finishDeletion(name, deleted);
  }

  async close(): Promise<void> {
    this.#stored.close();
    await Promise.all(this.all().flatMap(({ partitions }) => partitions.map((log) => log.close())));
  }

  /** The record goes when the folders are gone from the device, too. */
  #finishDeletion(name: string, { partitions }: StoredTopic): void {
    for (let index = 0; index < partitions; index++) {
      rmSync(join(this.#folder, `${name}-${index}`), { recursive: true, force: true });
    }
    const folder = openSync(this.#folder, 'r');
    fsyncSync(folder);
    closeSync(folder);
    this.#stored.put([[name, null]]);
  }

  /** @throws Error naming a folder with messages of no topic that is known. */
  #requireNamed(journal: string): void {
    for (const name of readdirSync(this.#folder)) {
      const [, topic = '', index] = /^(.*)-(\d+)$/.exec(name) ?? [];
      const folder = join(this.#folder, name);
      if (Number(index) < (this.#stored.get(topic)?.partitions ?? 0) || isEmpty(folder)) continue;
      this.#stored.close();
      throw new Error(
        `${journal} does not name the topic of ${folder}, which holds messages: the journal is damaged. ` +
          'Restore the whole data folder from a copy, or move that folder away to go on without its messages.',
      );
    }
  }

  #open(name: string, stored: StoredTopic): Topic {
    const partitions = Array.from({ length: stored.partitions }, (_, index) => this.#openLog(name, index));
    return { ...stored, name, partitions };
  }

  #openLog(topic: string, index: number): PartitionLog {
    return new PartitionLog(join(this.#folder, `${topic}-${index}`), this.options, this.recovery);
  }
}

function isEmpty(folder: string): boolean {
  return readdirSync(folder).every((name) => statSync(join(folder, name)).size === 0);
}
