import { limits } from '../limits.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import { type BatchHeader, sequenceAfter } from '../wire/record-batch.js';

interface StoredBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

interface Producer {
  readonly epoch: number;
  /** The newest batches, oldest first: as many as a producer may have under way. */
  readonly batches: readonly StoredBatch[];
}

/** How many of a producer's batches can be recognised when they come again; Kafka's own number. */
const REMEMBERED_BATCHES = 5;

export type SequenceVerdict =
  { kind: 'append' } | { kind: 'duplicate'; baseOffset: number } | { kind: 'refuse'; errorCode: ErrorCode };

/**
 * What one partition knows of its idempotent producers: a batch that comes again is answered with the place it already has,
 * one that leaves a gap is refused. Producers idle longest are forgotten first when there are too many.
 */
export class ProducerStates {
  readonly #producers: Map<number, Producer>;

  constructor(snapshot: ReadonlyArray<readonly [number, Producer]> = []) {
    this.#producers = new Map(snapshot);
  }

  judge(batch: BatchHeader): SequenceVerdict {
    const producer = batch.producerId < 0 ? undefined : this.#producers.get(batch.producerId);
    // An unknown producer may begin anywhere: its earlier batches may have been deleted with their segments.
    if (!producer) return { kind: 'append' };
    if (batch.producerEpoch < producer.epoch) {
      return { kind: 'refuse', errorCode: errors.INVALID_PRODUCER_EPOCH };
    }
    const again = batch.producerEpoch === producer.epoch && producer.batches.find((b) => isSame(b, batch));
    if (again) return { kind: 'duplicate', baseOffset: again.baseOffset };
    return batch.firstSequence === nextSequence(producer, batch.producerEpoch)
      ? { kind: 'append' }
      : { kind: 'refuse', errorCode: errors.OUT_OF_ORDER_SEQUENCE };
  }

  /** Remembers a batch that is in the log. */
  record(batch: BatchHeader): void {
    if (batch.producerId < 0) return;
    const { producerId, producerEpoch: epoch, firstSequence, lastSequence, baseOffset } = batch;
    const known = this.#producers.get(producerId);
    const earlier = known?.epoch === epoch ? known.batches.slice(1 - REMEMBERED_BATCHES) : [];
    // Deleted and set again, so that the map's order is the order of last use.
    this.#producers.delete(producerId);
    this.#producers.set(producerId, {
      epoch,
      batches: [...earlier, { firstSequence, lastSequence, baseOffset }],
    });
    if (this.#producers.size > limits.producersPerPartition) {
      const [idlest] = this.#producers.keys();
      this.#producers.delete(idlest as number);
    }
  }

  /** For the constructor, by way of JSON. */
  snapshot(): Array<[number, Producer]> {
    return [...this.#producers];
  }
}

function isSame(stored: StoredBatch, batch: BatchHeader): boolean {
  return stored.firstSequence === batch.firstSequence && stored.lastSequence === batch.lastSequence;
}

function nextSequence(producer: Producer, epoch: number): number {
  const last = producer.batches.at(-1);
  return last && epoch === producer.epoch ? sequenceAfter(last.lastSequence, 1) : 0;
}
