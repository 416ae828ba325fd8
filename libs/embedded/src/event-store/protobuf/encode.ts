import type { Encodable, Field, Fields, Message } from './tables.js';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIRST_CAPACITY = 64 * 1024;
/** A buffer that one large message made grow is given back after it. */
const KEPT_CAPACITY = 4 * 1024 * 1024;

/** Encodes a message, behind `prefixBytes` bytes that the caller fills. The result is a copy of its own. */
export function encode<F extends Fields>(message: Message<F>, values: Encodable<F>, prefixBytes = 0): Buffer {
  const view = encodeView(message, values, prefixBytes);
  const result = Buffer.allocUnsafe(view.length);
  result.set(view);
  return result;
}

/** Encodes as `encode` does, for a caller that copies the result at once: the next encoding overwrites it. */
export function encodeView<F extends Fields>(
  message: Message<F>,
  values: Encodable<F>,
  prefixBytes = 0,
): Buffer {
  writer.reset();
  writeMessage(message, values);
  writer.skip(prefixBytes);
  return writer.written();
}

type Value = number | bigint | boolean | string | Uint8Array | Values;
interface Values {
  readonly [name: string]: Value | readonly Value[] | undefined;
}

/**
 * Writes from the last byte to the first: a length is known once its content is written, so nothing is
 * measured beforehand. Encoding is synchronous, hence one writer serves all.
 */
class BackwardsWriter {
  private buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  private start = this.buffer.length;

  get length(): number {
    return this.buffer.length - this.start;
  }

  reset(): void {
    if (this.buffer.length > KEPT_CAPACITY) this.buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
    this.start = this.buffer.length;
  }

  /** A view of everything, valid until the next reset. */
  written(): Buffer {
    return this.buffer.subarray(this.start);
  }

  /** Leaves room. */
  skip(size: number): void {
    this.room(size);
  }

  bytes(value: Uint8Array): void {
    this.room(value.length);
    this.buffer.set(value, this.start);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.room(size);
    this.buffer.write(value, this.start, size, 'utf8');
  }

  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 128; rest /= 128) size++;
    this.room(size);
    let rest = value;
    let at = this.start;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.buffer[at++] = (rest % 128) | 0x80;
    this.buffer[at] = rest;
  }

  int64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  private room(size: number): void {
    if (this.start < size) {
      const grown = Buffer.allocUnsafe(this.buffer.length * 2 + size);
      const start = grown.length - this.length;
      this.buffer.copy(grown, start, this.start);
      this.buffer = grown;
      this.start = start;
    }
    this.start -= size;
  }
}

const writer = new BackwardsWriter();

function writeMessage(message: Message, values: Values): void {
  for (const field of message.backwards) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (!Array.isArray(value)) writeField(field, value as Value);
    else for (let index = value.length - 1; index >= 0; index--) writeField(field, value[index] as Value);
  }
}

function writeField(field: Field, value: Value): void {
  const end = writer.length;
  const { type } = field;
  if (typeof value === 'number' || typeof value === 'bigint' || type === 'bool') {
    if (typeof value === 'bigint') writer.int64(value);
    else writer.varint(Number(value));
    writer.varint(field.number * 8 + VARINT);
    return;
  }
  if (typeof type === 'object') writeMessage(type, value as Values);
  else if (type === 'string') writer.string(value as string);
  else if (type === 'bytes') writer.bytes(value as Uint8Array);
  writer.varint(writer.length - end);
  writer.varint(field.number * 8 + LENGTH_DELIMITED);
}
