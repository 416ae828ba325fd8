import type { Decoded, Field, Fields, Message, Scalar } from './tables.js';

/** The bytes are not a message of the expected kind. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * Decodes `bytes`; unknown fields are skipped, byte fields are views of `bytes`.
 * @throws MalformedMessage
 */
export function decode<F extends Fields>(message: Message<F>, bytes: Buffer): Decoded<F> {
  return decodeRange(message, new Reader(bytes), bytes.length) as Decoded<F>;
}

type Value = number | bigint | boolean | string | Buffer | Values;
interface Values {
  [name: string]: Value | Value[];
}

function decodeRange(message: Message, reader: Reader, end: number): Values {
  const values: Values = {};
  while (reader.position < end) {
    const tag = reader.varint();
    const field = message.byNumber[Math.floor(tag / 8)];
    const wireType = tag & 7;
    if (field === undefined) reader.skip(wireType, end);
    else put(values, field, decodeField(field, wireType, reader, end));
  }
  if (reader.position !== end) throw new MalformedMessage('A field reaches beyond its message.');
  return values;
}

function put(values: Values, field: Field, value: Value): void {
  const former = field.repeated ? values[field.name] : undefined;
  if (Array.isArray(former)) former.push(value);
  else values[field.name] = field.repeated ? [value] : value;
}

function decodeField(field: Field, wireType: number, reader: Reader, end: number): Value {
  const { type } = field;
  if (wireType !== (isVarint(type) ? VARINT : LENGTH_DELIMITED)) {
    throw new MalformedMessage(`Field ${field.name} has the wire type ${wireType}.`);
  }
  if (type === 'uint64') return reader.varint();
  if (type === 'int64') return reader.int64();
  if (type === 'bool') return reader.varint() !== 0;
  const length = reader.varint();
  if (length > end - reader.position) throw new MalformedMessage(`Field ${field.name} is cut short.`);
  if (typeof type === 'object') return decodeRange(type, reader, reader.position + length);
  if (type === 'string') return reader.string(length);
  const bytes = reader.take(length);
  return type === 'empty' ? true : bytes;
}

function isVarint(type: Scalar | Message): boolean {
  return type === 'uint64' || type === 'int64' || type === 'bool';
}

class Reader {
  position = 0;

  constructor(private readonly bytes: Buffer) {}

  varint(): number {
    const first = this.bytes[this.position] ?? 0x80;
    if (first < 0x80) {
      this.position++;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return Math.min(value, Number.MAX_SAFE_INTEGER);
      scale *= 128;
    }
    throw new MalformedMessage('A varint is longer than ten bytes.');
  }

  int64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new MalformedMessage('A varint is longer than ten bytes.');
  }

  string(length: number): string {
    const start = this.position;
    this.position += length;
    return this.bytes.toString('utf8', start, this.position);
  }

  take(length: number): Buffer {
    const bytes = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return bytes;
  }

  skip(wireType: number, end: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === FIXED64) this.take(8);
    else if (wireType === FIXED32) this.take(4);
    else if (wireType === LENGTH_DELIMITED) this.take(this.varint());
    else throw new MalformedMessage(`A field has the unknown wire type ${wireType}.`);
    if (this.position > end) throw new MalformedMessage('A field is cut short.');
  }

  private byte(): number {
    const byte = this.bytes[this.position++];
    if (byte === undefined) throw new MalformedMessage('The message is cut short.');
    return byte;
  }
}
