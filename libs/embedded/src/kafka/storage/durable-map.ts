import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Notice, type Recovery, requireCutShort, writeAtEnd } from './recovery.js';

type Change<Value> = readonly [key: string, value: Value | null];

const PREFIX_BYTES = 8;
const COMPACT_ABOVE_BYTES = 1024 * 1024;
const COMPACT_AT_GROWTH = 4;
const COMPACT_ENTRIES = 1_000;

/**
 * A map from string to JSON value kept in one append-only file: each record is `length, crc32, [[key, value or null], …]` and
 * is applied whole or not at all. A change is in the page cache before `put` returns. The file is rewritten when it
 * has grown to four times its compact size.
 */
export class DurableMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #path: string;
  readonly #sync: boolean;
  readonly #notice: Notice;
  #file: number;
  #sizeBytes = 0;
  #compactAboveBytes = 0;

  /**
   * Opens or creates the file. A torn last record is cut and reported. With `sync`, a change is on the device before `put` returns.
   *
   * @throws DamagedFile
   */
  constructor(path: string, recovery: Recovery, sync = false) {
    this.#path = path;
    this.#sync = sync;
    this.#notice = recovery.notice;
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w+');
    this.#recover(bytes, recovery);
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#entries.entries();
  }

  /** Sets or, with null, deletes the keys, all or none. Throws when the file cannot be written; nothing is changed then. */
  put(changes: readonly Change<Value>[]): void {
    if (changes.length === 0) return;
    this.#append(encode(changes));
    this.#apply(changes);
    if (this.#sizeBytes > this.#compactAboveBytes) this.#tryToCompact();
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  #append(record: Buffer): void {
    writeAtEnd(this.#file, record, this.#sizeBytes);
    if (this.#sync) fdatasyncSync(this.#file);
    this.#sizeBytes += record.length;
  }

  #apply(changes: readonly Change<Value>[]): void {
    for (const [key, value] of changes) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }

  #recover(bytes: Buffer, recovery: Recovery): void {
    let record: { end: number; changes: Change<Value>[] } | undefined;
    while ((record = decode<Value>(bytes, this.#sizeBytes))) {
      this.#apply(record.changes);
      this.#sizeBytes = record.end;
    }
    this.#compactAboveBytes = compactAbove(this.#sizeBytes);
    if (this.#sizeBytes === bytes.length) return;
    this.#requireCutShort(bytes.subarray(this.#sizeBytes), recovery);
    ftruncateSync(this.#file, this.#sizeBytes);
    recovery.notice(
      `${this.#path}: cut ${bytes.length - this.#sizeBytes} bytes of an unfinished write at its end`,
    );
  }

  #requireCutShort(bytes: Buffer, recovery: Recovery): void {
    const tail = {
      ...{ path: this.#path, offset: this.#sizeBytes, bytes, headerBytes: PREFIX_BYTES },
      saidBytes: bytes.length < PREFIX_BYTES ? undefined : PREFIX_BYTES + bytes.readUInt32BE(0),
      isGoodRecord: (at: number) => decode(bytes, at) !== undefined,
    };
    try {
      requireCutShort(tail, recovery);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** The map is whole without it, only longer: it is tried again when the file has grown by as much as to be worth it. */
  #tryToCompact(): void {
    try {
      this.#compact();
    } catch (error) {
      this.#compactAboveBytes = this.#sizeBytes + COMPACT_ABOVE_BYTES;
      this.#notice(`${this.#path} could not be rewritten: ${(error as Error).message}`);
    }
  }

  #compact(): void {
    const draft = `${this.#path}.draft`;
    const file = openSync(draft, 'w+');
    let sizeBytes = 0;
    try {
      for (const record of this.#records()) {
        writeAtEnd(file, record, sizeBytes);
        sizeBytes += record.length;
      }
      fsyncSync(file);
      renameSync(draft, this.#path);
    } catch (error) {
      closeSync(file);
      rmSync(draft, { force: true });
      throw error;
    }
    const replaced = this.#file;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#compactAboveBytes = compactAbove(sizeBytes);
    closeSync(replaced);
    syncFolder(dirname(this.#path));
  }

  /** In pieces, since one JSON of everything could be longer than a string can be. */
  *#records(): Generator<Buffer> {
    const entries = [...this.#entries];
    for (let start = 0; start < entries.length; start += COMPACT_ENTRIES) {
      yield encode(entries.slice(start, start + COMPACT_ENTRIES));
    }
  }
}

function compactAbove(compactBytes: number): number {
  return Math.max(COMPACT_ABOVE_BYTES, COMPACT_AT_GROWTH * compactBytes);
}

/** Until then, the system's end may bring back the file that was replaced. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function encode<Value>(changes: readonly Change<Value>[]): Buffer {
  const body = Buffer.from(JSON.stringify(changes));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(body.length, 0);
  prefix.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([prefix, body]);
}

function decode<Value>(bytes: Buffer, start: number): { end: number; changes: Change<Value>[] } | undefined {
  if (bytes.length - start < PREFIX_BYTES) return undefined;
  const bodyStart = start + PREFIX_BYTES;
  const end = bodyStart + bytes.readUInt32BE(start);
  if (end > bytes.length || end === bodyStart) return undefined;
  const body = bytes.subarray(bodyStart, end);
  if (crc32(body) !== bytes.readUInt32BE(start + 4)) return undefined;
  return { end, changes: JSON.parse(body.toString()) as Change<Value>[] };
}
