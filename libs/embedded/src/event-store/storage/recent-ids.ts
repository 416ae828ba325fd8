import { randomInt } from 'node:crypto';
import type { EventIndex } from './event-index.js';

/**
 * Finds the latest events by id, for appends that are repeated without saying which revision they expect. At least
 * `limit` events are remembered, at most twice as many: the older half is forgotten at once, which is cheap.
 */
export class RecentIds {
  private recent: IdTable;
  private older: IdTable;

  constructor(
    private readonly limit: number,
    index: Pick<EventIndex, 'hasId'>,
  ) {
    this.recent = new IdTable(limit, index);
    this.older = new IdTable(limit, index);
  }

  add(id: Buffer, sequence: number): void {
    if (this.recent.size >= this.limit) {
      [this.recent, this.older] = [this.older, this.recent];
      this.recent.clear();
    }
    this.recent.add(id, sequence);
  }

  find(id: Buffer): number | undefined {
    return this.recent.find(id) ?? this.older.find(id);
  }
}

/** A hash table of sequence numbers alone: the ids are in the index, so that an event costs no memory and no string here. */
class IdTable {
  size = 0;
  /** A sequence number plus one, or 0; where a slot is taken, the next one is. */
  private readonly slots: Uint32Array;
  private readonly shift: number;

  constructor(
    limit: number,
    private readonly index: Pick<EventIndex, 'hasId'>,
  ) {
    const bits = Math.ceil(Math.log2(limit * 2));
    this.slots = new Uint32Array(2 ** bits);
    this.shift = 32 - bits;
  }

  add(id: Buffer, sequence: number): void {
    const slot = this.slotOf(id);
    if (this.slots[slot] === 0) this.size++;
    this.slots[slot] = sequence + 1;
  }

  find(id: Buffer): number | undefined {
    const entry = this.slots[this.slotOf(id)] as number;
    return entry === 0 ? undefined : entry - 1;
  }

  clear(): void {
    this.slots.fill(0);
    this.size = 0;
  }

  /** Where an id is, or would be. */
  private slotOf(id: Buffer): number {
    let slot = hash(id) >>> this.shift;
    for (;;) {
      const entry = this.slots[slot] as number;
      if (entry === 0 || this.index.hasId(entry - 1, id)) return slot;
      slot = (slot + 1) % this.slots.length;
    }
  }
}

/** Chosen anew by each process, so that no client can send ids that all meet in one slot. */
const FACTORS = Uint32Array.from({ length: 8 }, () => randomInt(2 ** 32));

/** 32 bits, of which the upper ones are to be used. */
function hash(id: Buffer): number {
  let sum = 0;
  for (let word = 0; word < FACTORS.length; word++) {
    const value = (id[word * 2] as number) | ((id[word * 2 + 1] as number) << 8);
    sum = (sum + Math.imul(value, FACTORS[word] as number)) | 0;
  }
  return sum;
}
