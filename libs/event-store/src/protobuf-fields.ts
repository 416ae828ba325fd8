const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Goes through the fields of one protobuf message that lies somewhere in some bytes. */
export class ProtobufFields {
  /** Number of the field. */
  number = 0;
  /** Of a number up to 2⁵³: its value. */
  value = 0;
  /** Of a text, bytes or a message: where it begins. */
  from: number;
  /** Where the field ends. */
  to: number;

  /** The message lies in `bytes` from `from` until before `end`. */
  constructor(
    private readonly bytes: Buffer,
    from: number,
    private readonly end: number,
  ) {
    this.from = from;
    this.to = from;
  }

  /** Goes to the next field; false where there is none. Throws an Error for bytes that are no message. */
  next(): boolean {
    if (this.to >= this.end) return false;
    const tag = this.#varint();
    this.number = Math.floor(tag / 8);
    const wireType = tag & 7;
    if (wireType === VARINT) this.value = this.#varint();
    else this.#take(this.#lengthOf(wireType));
    if (this.to > this.end) throw new Error(`field ${this.number} of a protobuf message is cut short`);
    return true;
  }

  /** The fields of the message that this field is. */
  message(): ProtobufFields {
    return new ProtobufFields(this.bytes, this.from, this.to);
  }

  /** The text of this field. */
  text(): string {
    return this.bytes.toString('utf8', this.from, this.to);
  }

  /** A view of the bytes of this field. */
  view(): Buffer {
    return this.bytes.subarray(this.from, this.to);
  }

  #lengthOf(wireType: number): number {
    if (wireType === LENGTH_DELIMITED) return this.#varint();
    if (wireType === FIXED64) return 8;
    if (wireType === FIXED32) return 4;
    throw new Error(`field ${this.number} of a protobuf message has the unknown wire type ${wireType}`);
  }

  #take(length: number): void {
    this.from = this.to;
    this.to += length;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1, digits = 0; digits < 10; digits += 1, scale *= 128) {
      // Behind the end is no end of a number.
      const byte = this.bytes[this.to] ?? 0x80;
      this.to += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error('a number of a protobuf message has no end');
  }
}
