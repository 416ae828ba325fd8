import { limits } from '../limits.js';
import { DurableMap } from '../storage/durable-map.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type { Recovery } from '../storage/recovery.js';

export interface CommittedOffset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** When it was committed, Unix milliseconds. */
  readonly atMs: number;
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly committed: CommittedOffset;
}

/** Of no group, since none has an empty name: with it, an empty journal is one that has lost its records. */
const BEGUN = storedKey('', { topic: '', partition: -1 });
const NOTHING: CommittedOffset = { offset: -1, leaderEpoch: -1, metadata: '', atMs: 0 };

/** How far each group has come in each partition; a commit is in the page cache before it is answered. */
export class OffsetStore {
  readonly #stored: DurableMap<CommittedOffset>;
  readonly #groups = new Map<string, Map<string, PartitionOffset>>();
  #count = 0;
  #metadataBytes = 0;

  constructor(path: string, recovery: Recovery) {
    this.#stored = new DurableMap(path, recovery);
    for (const [key, committed] of this.#stored.entries()) {
      if (key === BEGUN) continue;
      const [group, topic, partition] = JSON.parse(key) as [string, string, number];
      this.#remember(group, { topic, partition, committed });
    }
    if (!this.#stored.get(BEGUN)) this.#stored.put([[BEGUN, NOTHING]]);
  }

  groups(): string[] {
    return [...this.#groups.keys()];
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(group)?.get(partitionKey(topic, partition))?.committed;
  }

  all(group: string): PartitionOffset[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }

  /** Why the offsets are too many or say too much, or `NONE`. */
  roomRefusal(group: string, offsets: readonly PartitionOffset[]): ErrorCode {
    const known = this.#groups.get(group);
    const added = offsets.filter(
      ({ topic, partition }) => !known?.has(partitionKey(topic, partition)),
    ).length;
    if ((known?.size ?? 0) + added > limits.offsetsPerGroup) return errors.POLICY_VIOLATION;
    if (this.#count + added > limits.offsets) return errors.POLICY_VIOLATION;
    const replaced = offsets.map(({ topic, partition }) => this.get(group, topic, partition));
    const bytes = metadataBytes(offsets.map(({ committed }) => committed)) - metadataBytes(replaced);
    const fits = bytes <= 0 || this.#metadataBytes + bytes <= limits.allOffsetMetadataBytes;
    return fits ? errors.NONE : errors.OFFSET_METADATA_TOO_LARGE;
  }

  /** All of them or, when the file cannot be written, none. */
  commit(group: string, offsets: readonly PartitionOffset[]): void {
    this.#stored.put(offsets.map((offset) => [storedKey(group, offset), offset.committed]));
    for (const offset of offsets) this.#remember(group, offset);
  }

  /** Offsets that were never committed are ignored. */
  delete(group: string, offsets: ReadonlyArray<Omit<PartitionOffset, 'committed'>>): void {
    this.#stored.put(offsets.map((offset) => [storedKey(group, offset), null]));
    for (const { topic, partition } of offsets) this.#forget(group, partitionKey(topic, partition));
  }

  deleteGroup(group: string): void {
    this.delete(group, this.all(group));
    this.#groups.delete(group);
  }

  deleteTopic(topic: string): void {
    for (const group of this.groups()) {
      this.delete(
        group,
        this.all(group).filter((offset) => offset.topic === topic),
      );
    }
  }

  close(): void {
    this.#stored.close();
  }

  #remember(group: string, offset: PartitionOffset): void {
    const key = partitionKey(offset.topic, offset.partition);
    this.#forget(group, key);
    const offsets = this.#groups.get(group) ?? new Map<string, PartitionOffset>();
    this.#groups.set(group, offsets.set(key, offset));
    this.#count += 1;
    this.#metadataBytes += metadataBytes([offset.committed]);
  }

  #forget(group: string, key: string): void {
    const offset = this.#groups.get(group)?.get(key);
    if (!offset) return;
    this.#groups.get(group)?.delete(key);
    this.#count -= 1;
    this.#metadataBytes -= metadataBytes([offset.committed]);
  }
}

function metadataBytes(committed: ReadonlyArray<CommittedOffset | undefined>): number {
  return committed.reduce((sum, offset) => sum + Buffer.byteLength(offset?.metadata ?? ''), 0);
}

/** A topic's name holds no colon. */
function partitionKey(topic: string, partition: number): string {
  return `${topic}:${partition}`;
}

function storedKey(group: string, { topic, partition }: Omit<PartitionOffset, 'committed'>): string {
  return JSON.stringify([group, topic, partition]);
}
