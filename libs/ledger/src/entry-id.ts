/** Entry ids older than this, by the ledger's clock, are no longer taken nor remembered. */
export const ENTRY_ID_WINDOW_MS = 7 * 24 * 3_600_000;

/** How far ahead of the ledger's clock the clock that made an entry id may be. */
export const ENTRY_ID_AHEAD_MS = 5 * 60_000;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When a UUIDv7 in its lower-case form was made, in ms since the epoch; `undefined` for anything else. */
export function entryIdTimeMs(entryId: string): number | undefined {
  const words = readId(entryId);
  return words && timeOf(words);
}

export type EntryIdFault = 'entry_id_invalid' | 'entry_id_expired';

/** Whether an entry id may be recorded when the ledger's clock stands at `clockMs`. */
export function entryIdFault(entryId: string, clockMs: number): EntryIdFault | undefined {
  const timeMs = entryIdTimeMs(entryId);
  if (timeMs === undefined || timeMs > clockMs + ENTRY_ID_AHEAD_MS) return 'entry_id_invalid';
  return timeMs < clockMs - ENTRY_ID_WINDOW_MS ? 'entry_id_expired' : undefined;
}

const SLICE_MS = 10 * 60_000;

/**
 * The ids with an outcome, as far back as the window reaches. An id that was forgotten is refused as expired, so none has two
 * outcomes. Kept in slices by the ids' own time: forgetting drops whole slices, once per slice of time. All ids that are added
 * are UUIDs of version 7; anything else throws, for it would be known by words that are not its own.
 */
export class RecentEntryIds {
  readonly #slices = new Map<number, IdSet>();
  #forgottenAt = 0;

  has(entryId: string): boolean {
    const words = readId(entryId);
    if (words === undefined) return false;
    return this.#slices.get(Math.floor(timeOf(words) / SLICE_MS))?.has(words) ?? false;
  }

  add(entryId: string): void {
    const words = readId(entryId);
    if (words === undefined) throw new RangeError(`"${entryId}" is no UUID of version 7`);
    this.#addWords(words);
  }

  /** Adds ids in their packed form; see `packIds`. */
  addPacked(packed: Uint32Array): void {
    for (let i = 0; i < packed.length; i += WORDS) this.#addWords(packed.subarray(i, i + WORDS));
  }

  #addWords(words: Words): void {
    const slice = Math.floor(timeOf(words) / SLICE_MS);
    let ids = this.#slices.get(slice);
    if (ids === undefined) this.#slices.set(slice, (ids = new IdSet()));
    ids.add(words);
  }

  /** Drops the slices that lie wholly before the window. */
  forgetBefore(clockMs: number): void {
    const now = Math.floor(clockMs / SLICE_MS);
    if (now === this.#forgottenAt) return;
    this.#forgottenAt = now;
    for (const slice of this.#slices.keys()) {
      if ((slice + 1) * SLICE_MS <= clockMs - ENTRY_ID_WINDOW_MS) this.#slices.delete(slice);
    }
  }

  /** Every id in its packed form, in ascending order. */
  packed(): Uint32Array {
    const slices = [...this.#slices].sort(([a], [b]) => a - b).map(([, ids]) => ids.packed());
    const all = new Uint32Array(slices.reduce((length, slice) => length + slice.length, 0));
    let at = 0;
    for (const slice of slices) {
      all.set(slice, at);
      at += slice.length;
    }
    return all;
  }

  get size(): number {
    let size = 0;
    for (const ids of this.#slices.values()) size += ids.size;
    return size;
  }
}

/** Ids in a form for storage: four 32-bit words each. */
export function packIds(ids: readonly string[]): Uint32Array {
  const packed = new Uint32Array(ids.length * WORDS);
  ids.forEach((id, i) => packed.set(wordsOf(id), i * WORDS));
  return packed;
}

/** The four 32-bit words of a UUID. */
type Words = ArrayLike<number>;

/** When a UUIDv7 was made: its first 48 bits. */
function timeOf(words: Words): number {
  return word(words, 0) * 0x1_0000 + (word(words, 1) >>> 16);
}

let lastId = '';
let lastWords: Words | undefined;

/** The words of a UUIDv7; `undefined` for anything else. The last is kept: each event looks for its id, times it, and adds it. */
function readId(id: string): Words | undefined {
  if (id === lastId) return lastWords;
  lastWords = UUID_V7.test(id) ? wordsOf(id) : undefined;
  lastId = id;
  return lastWords;
}

function word(words: Words, at: number): number {
  return words[at] as number;
}

function wordsOf(id: string): Words {
  return [
    hex(id, 0, 8),
    hex(id, 9, 13) * 0x1_0000 + hex(id, 14, 18),
    hex(id, 19, 23) * 0x1_0000 + hex(id, 24, 28),
    hex(id, 28, 36),
  ];
}

/** Digit by digit: a start reads millions of ids, and `parseInt` would want a text for each part. */
function hex(id: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const code = id.charCodeAt(at);
    value = value * 16 + code - (code < LETTERS ? ZERO : LETTERS - 10);
  }
  return value;
}

/** Codes of the digit 0 and of the letter a. */
const ZERO = 0x30;
const LETTERS = 0x61;

const WORDS = 4;
const FIRST_PLACES = 16;

/**
 * A set of UUIDs in one flat table (open addressing, linear probing, at most two thirds full): 24 to 48 bytes for an id,
 * where a string in a `Set` takes some 100. A place of zeros is empty: a UUID has a version, so it is never all zeros.
 */
class IdSet {
  #table = new Uint32Array(FIRST_PLACES * WORDS);
  size = 0;

  has(words: Words): boolean {
    return this.#table[this.#placeOf(words) + 1] !== 0;
  }

  /** In ascending order. */
  packed(): Uint32Array {
    const ids: Uint32Array[] = [];
    for (let place = 0; place < this.#table.length; place += WORDS) {
      if (this.#table[place + 1] !== 0) ids.push(this.#table.subarray(place, place + WORDS));
    }
    ids.sort((a, b) => {
      const differs = a.findIndex((part, i) => part !== b[i]);
      return word(a, differs) - word(b, differs);
    });
    const packed = new Uint32Array(ids.length * WORDS);
    ids.forEach((id, i) => packed.set(id, i * WORDS));
    return packed;
  }

  add(words: Words): void {
    const place = this.#placeOf(words);
    if (this.#table[place + 1] !== 0) return;
    this.#put(words, place);
    this.size += 1;
    if (this.size * 3 > (this.#table.length / WORDS) * 2) this.#grow();
  }

  /** Where the words are, or the empty place where they would go. The second word holds the version, so it is zero only there. */
  #placeOf(words: Words): number {
    const [a, b, c, d] = [word(words, 0), word(words, 1), word(words, 2), word(words, 3)];
    const table = this.#table;
    const mask = table.length / WORDS - 1;
    // The last 62 bits are random by RFC 9562; where they are not, probing is slower and as right.
    for (let i = (c ^ d ^ Math.imul(b, 0x9e3779b1)) & mask; ; i = (i + 1) & mask) {
      const place = i * WORDS;
      const here = table[place + 1];
      if (here === 0) return place;
      if (here === b && table[place] === a && table[place + 2] === c && table[place + 3] === d) return place;
    }
  }

  /** One by one: `set` of so few takes several times as long. */
  #put(words: Words, place: number): void {
    for (let i = 0; i < WORDS; i += 1) this.#table[place + i] = word(words, i);
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    const words = [0, 0, 0, 0];
    for (let place = 0; place < old.length; place += WORDS) {
      if (old[place + 1] === 0) continue;
      for (let i = 0; i < WORDS; i += 1) words[i] = word(old, place + i);
      this.#put(words, this.#placeOf(words));
    }
  }
}
