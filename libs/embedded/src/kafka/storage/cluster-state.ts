import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { lostJournal } from './data-folder.js';
import { DurableMap } from './durable-map.js';
import type { Recovery } from './recovery.js';

/** Producer ids are reserved on disk by the hundred, so that one costs no sync; a restart skips what was left. */
const RESERVED_IDS = 100;

/** What the cluster is called, and which producer ids were given away. */
export class ClusterState {
  readonly clusterId: string;
  readonly #stored: DurableMap<string | number>;
  #nextProducerId: number;
  #reservedBelow: number;

  /** @throws Error when it is lost of a cluster that `isInUse`. */
  constructor(dataDir: string, recovery: Recovery, isInUse: boolean) {
    const path = join(dataDir, 'cluster.journal');
    this.#stored = new DurableMap(path, recovery, true);
    if (isInUse && this.#stored.get('clusterId') === undefined) {
      this.#stored.close();
      throw lostJournal(path, 'has lost its records');
    }
    this.clusterId = String(this.#stored.get('clusterId') ?? randomUUID());
    this.#nextProducerId = this.#reservedBelow = Number(this.#stored.get('producerIdsBelow') ?? 0);
    if (this.#stored.get('clusterId') === undefined) this.#stored.put([['clusterId', this.clusterId]]);
  }

  /** An id that no producer has had before. */
  newProducerId(): number {
    if (this.#nextProducerId === this.#reservedBelow) {
      this.#stored.put([['producerIdsBelow', this.#reservedBelow + RESERVED_IDS]]);
      this.#reservedBelow += RESERVED_IDS;
    }
    return this.#nextProducerId++;
  }

  close(): void {
    this.#stored.close();
  }
}
