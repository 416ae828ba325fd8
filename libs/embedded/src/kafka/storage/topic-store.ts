import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
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

type StoredTopic = Omit<Topic, 'name' | 'partitions'> & { readonly partitions: number };

/** The topics and their logs. What `topics.journal` does not name does not exist: leftover folders are deleted at start. */
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
    const leftovers = readdirSync(this.#folder);
    // Without its journal, every log would look like the leftover of a deleted topic.
    if (leftovers.length > 0 && !existsSync(journal))
      throw new Error(`${journal} is missing beside its logs`);
    this.#stored = new DurableMap(journal, recovery, true);
    const known = new Set<string>();
    for (const [name, stored] of this.#stored.entries()) {
      this.#topics.set(name, this.#open(name, stored));
      for (let index = 0; index < stored.partitions; index++) known.add(`${name}-${index}`);
    }
    for (const folder of leftovers) {
      if (!known.has(folder)) rmSync(join(this.#folder, folder), { recursive: true });
    }
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

  delete(topic: Topic): void {
    this.#stored.put([[topic.name, null]]);
    this.#topics.delete(topic.name);
    for (const log of topic.partitions) log.remove();
  }

  async close(): Promise<void> {
    this.#stored.close();
    await Promise.all(this.all().flatMap(({ partitions }) => partitions.map((log) => log.close())));
  }

  #open(name: string, stored: StoredTopic): Topic {
    const partitions = Array.from({ length: stored.partitions }, (_, index) => this.#openLog(name, index));
    return { ...stored, name, partitions };
  }

  #openLog(topic: string, index: number): PartitionLog {
    return new PartitionLog(join(this.#folder, `${topic}-${index}`), this.options, this.recovery);
  }
}
