import { isUtf8 } from 'node:buffer';
import { limits } from '../limits.js';

/**
 * The one codec of the Kafka wire protocol: big-endian primitives, length-prefixed strings and arrays, and structs whose
 * fields exist from one version to another. Schemas are values, so that a message is a table of fields and nothing else.
 * 64-bit integers are JavaScript numbers: offsets, times and producer ids beyond 2^53 are refused as malformed.
 */

/** The bytes do not follow the schema; the connection they came from cannot be trusted any further. */
export class MalformedRequest extends Error {
  override name = 'MalformedRequest';
}

const TWO_32 = 2 ** 32;
/** 32,767 bytes, of which a letter takes three at most. */
const LONGEST_STRING_BYTES = 2 ** 15 - 1;
const SURELY_SHORT_LETTERS = LONGEST_STRING_BYTES / 3;

export class Reader {
  #at = 0;
  #elements = 0;

  constructor(private readonly bytes: Buffer) {}

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  int8(): number {
    return this.bytes.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#advance(4));
  }

  int64(): number {
    const value = this.int32() * TWO_32 + this.bytes.readUInt32BE(this.#advance(4));
    if (!Number.isSafeInteger(value)) throw new MalformedRequest('a 64-bit number beyond 2^53');
    return value;
  }

  /** A view of the next `length` bytes, not a copy. */
  slice(length: number): Buffer {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The length of an array, or null; one that lies or asks for too much is caught before anything is allocated for it. */
  elements(): number | null {
    const count = this.int32();
    if (count === -1) return null;
    this.#elements += count;
    // Every element takes a byte at least.
    if (count < 0 || count > this.remaining || this.#elements > limits.requestElements) {
      throw new MalformedRequest(`an array of ${count} elements`);
    }
    return count;
  }

  #advance(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw new MalformedRequest(`${length} bytes wanted, ${this.remaining} left`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}

/** Collects a message; record batches are kept as references to their own buffers and never copied. */
export class Writer {
  #buffer = Buffer.allocUnsafe(512);
  #at = 0;
  readonly #done: Buffer[] = [];

  int8(value: number): void {
    this.#at = this.#room(1).writeInt8(value, this.#at);
  }

  int16(value: number): void {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
  }

  int64(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.int32(high);
    this.#at = this.#room(4).writeUInt32BE(value - high * TWO_32, this.#at);
  }

  utf8(value: string, length: number): void {
    this.#room(length).write(value, this.#at, length, 'utf8');
    this.#at += length;
  }

  bytes(value: Buffer): void {
    if (value.length > 4_096) {
      this.#flush();
      this.#done.push(value);
      return;
    }
    value.copy(this.#room(value.length), this.#at);
    this.#at += value.length;
  }

  /** The message as a frame: its length, the id of the request it answers, and all that was written. The writer is spent. */
  frame(correlationId: number): Buffer[] {
    this.#flush();
    const header = Buffer.allocUnsafe(8);
    header.writeInt32BE(
      this.#done.reduce((sum, { length }) => sum + length, 4),
      0,
    );
    header.writeInt32BE(correlationId, 4);
    return [header, ...this.#done];
  }

  #flush(): void {
    if (this.#at === 0) return;
    this.#done.push(this.#buffer.subarray(0, this.#at));
    this.#buffer = this.#buffer.subarray(this.#at);
    this.#at = 0;
  }

  #room(length: number): Buffer {
    if (this.#at + length > this.#buffer.length) {
      this.#flush();
      this.#buffer = Buffer.allocUnsafe(Math.max(length, 4_096));
    }
    return this.#buffer;
  }
}

/** How one shape is read and written. `absent` is the value that a version without the field reads. */
export interface WireType<T> {
  readonly since: number;
  readonly until: number;
  readonly absent: T;
  read(reader: Reader, version: number): T;
  write(writer: Writer, value: T, version: number): void;
}

/** The TypeScript shape of a schema. */
export type Infer<Type> = Type extends WireType<infer Value> ? Value : never;

function wireType<T>(
  absent: T,
  read: (reader: Reader, version: number) => T,
  write: (writer: Writer, value: T, version: number) => void,
): WireType<T> {
  return { since: 0, until: Infinity, absent, read, write };
}

export const int8 = wireType(
  0,
  (reader) => reader.int8(),
  (writer, value) => writer.int8(value),
);
export const int16 = wireType(
  0,
  (reader) => reader.int16(),
  (writer, value) => writer.int16(value),
);
export const int32 = wireType(
  0,
  (reader) => reader.int32(),
  (writer, value) => writer.int32(value),
);
export const int64 = wireType(
  0,
  (reader) => reader.int64(),
  (writer, value) => writer.int64(value),
);
export const boolean = wireType<boolean>(
  false,
  (reader) => reader.int8() !== 0,
  (writer, value) => writer.int8(value ? 1 : 0),
);

export const nullableString = wireType<string | null>(
  null,
  (reader) => {
    const length = reader.int16();
    if (length === -1) return null;
    const utf8 = reader.slice(length);
    if (!isUtf8(utf8)) throw new MalformedRequest('a string that is not UTF-8');
    return utf8.toString();
  },
  (writer, value) => {
    if (value === null) return writer.int16(-1);
    // Cut is only what quotes a client in more words, such as an error, or a name in an old journal.
    const isLong = Buffer.byteLength(value) > LONGEST_STRING_BYTES;
    const text = isLong ? value.slice(0, SURELY_SHORT_LETTERS) : value;
    const length = Buffer.byteLength(text);
    writer.int16(length);
    writer.utf8(text, length);
  },
);

export const nullableBytes = wireType<Buffer | null>(
  null,
  (reader) => {
    const length = reader.int32();
    return length === -1 ? null : reader.slice(length);
  },
  (writer, value) => {
    if (value === null) return writer.int32(-1);
    writer.int32(value.length);
    writer.bytes(value);
  },
);

export const string = required(nullableString, '');
export const bytes = required(nullableBytes, Buffer.alloc(0));

export function nullableArray<T>(element: WireType<T>): WireType<T[] | null> {
  return wireType<T[] | null>(
    null,
    (reader, version) => {
      const count = reader.elements();
      if (count === null) return null;
      return Array.from({ length: count }, () => element.read(reader, version));
    },
    (writer, value, version) => {
      writer.int32(value === null ? -1 : value.length);
      for (const item of value ?? []) element.write(writer, item, version);
    },
  );
}

export function array<T>(element: WireType<T>): WireType<T[]> {
  return required(nullableArray(element), []);
}

function required<T>(nullable: WireType<T | null>, absent: T): WireType<T> {
  return wireType<T>(
    absent,
    (reader, version) => {
      const value = nullable.read(reader, version);
      if (value === null) throw new MalformedRequest('null where a value is required');
      return value;
    },
    (writer, value, version) => nullable.write(writer, value, version),
  );
}

/** A field that exists from this version on; an older message reads `absent`, which is the type's own zero if not given. */
export function since<T>(version: number, type: WireType<T>, absent: T = type.absent): WireType<T> {
  return { ...type, since: version, absent };
}

/** A field that exists up to and including this version. */
export function until<T>(version: number, type: WireType<T>, absent: T = type.absent): WireType<T> {
  return { ...type, until: version, absent };
}

type Fields = Record<string, WireType<unknown>>;
type StructOf<F extends Fields> = { [Name in keyof F]: Infer<F[Name]> };

/** A table of fields in wire order. Reading fills fields that the version lacks; writing leaves them out. */
export function struct<F extends Fields>(fields: F): WireType<StructOf<F>> {
  const entries = Object.entries(fields);
  return wireType(
    Object.fromEntries(entries.map(([name, type]) => [name, type.absent])) as StructOf<F>,
    (reader, version) => {
      const value: Record<string, unknown> = {};
      for (const [name, type] of entries) {
        const present = version >= type.since && version <= type.until;
        value[name] = present ? type.read(reader, version) : type.absent;
      }
      return value as StructOf<F>;
    },
    (writer, value, version) => {
      for (const [name, type] of entries) {
        if (version >= type.since && version <= type.until) type.write(writer, value[name], version);
      }
    },
  );
}

/** One request of the protocol: its key, the versions spoken here, and the tables of its two messages. */
export interface Api<Request = unknown, Response = unknown> {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly request: WireType<Request>;
  readonly response: WireType<Response>;
}

export function api<Request, Response>(definition: Api<Request, Response>): Api<Request, Response> {
  return definition;
}

export type RequestOf<A> = A extends Api<infer Request, infer _Response> ? Request : never;
export type ResponseOf<A> = A extends Api<infer _Request, infer Response> ? Response : never;
