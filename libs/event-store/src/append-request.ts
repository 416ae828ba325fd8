import type { ExpectedRevision, NewEvent } from './event-store.js';

/** Bytes of messages in one request at most: gRPC servers take 4 MiB. */
const requestBytes = 2 * 1024 * 1024;
const contentType = 'application/json';

interface AppendDraft {
  /** UUID that the answer will carry. */
  readonly correlationId: string;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** When the server need no longer try, in seconds since the epoch. */
  readonly deadlineSeconds: number;
}

/**
 * The requests (BatchAppendReq of streams.proto) that append events, written as bytes: one, or several where the events are
 * large. An event is turned into JSON once and copied once, where the client's own way encodes it twice, over base64.
 */
export function encodeAppend(draft: AppendDraft, events: readonly NewEvent[]): Buffer[] {
  const correlation = field(1, field(2, Buffer.from(draft.correlationId)));
  const requests: Buffer[] = [];
  let messages: Message[] = [];
  let size = 0;
  const flush = (isFinal: boolean): void => {
    const options = requests.length === 0 ? field(2, optionsOf(draft)) : empty;
    const end = isFinal ? Buffer.of(tag(4, 0), 1) : empty;
    requests.push(requestOf(Buffer.concat([correlation, options]), [messages, size], end));
    messages = [];
    size = 0;
  };
  for (const event of events) {
    const message = measured(event);
    if (messages.length > 0 && size + message.size > requestBytes) flush(false);
    messages.push(message);
    size += message.size;
  }
  flush(true);
  return requests;
}

/** A proposed message, measured: how long the parts of it are. */
interface Message {
  readonly id: string;
  readonly type: string;
  readonly typeBytes: number;
  readonly data: string;
  readonly dataBytes: number;
  readonly metadata: string;
  readonly metadataBytes: number;
  /** Without its tag and length. */
  readonly inner: number;
  /** With them. */
  readonly size: number;
}

function measured({ id, type, data, metadata }: NewEvent): Message {
  const dataText = JSON.stringify(data);
  const metadataText = metadata === undefined ? '' : JSON.stringify(metadata);
  const [dataBytes, metadataBytes] = [Buffer.byteLength(dataText), Buffer.byteLength(metadataText)];
  const typeBytes = Buffer.byteLength(type);
  const inner =
    sized(sized(id.length)) +
    sized(sized(4) + sized(typeBytes)) +
    sized(sized(12) + sized(contentType.length)) +
    (metadataBytes === 0 ? 0 : sized(metadataBytes)) +
    sized(dataBytes);
  return {
    ...{ id, type, typeBytes, data: dataText, dataBytes, metadata: metadataText, metadataBytes },
    ...{ inner, size: sized(inner) },
  };
}

function requestOf(head: Buffer, [messages, size]: readonly [Message[], number], end: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + size + end.length);
  const writer = new Writer(bytes, head.copy(bytes));
  for (const message of messages) {
    writer.open(3, message.inner);
    writer.open(1, sized(message.id.length));
    writer.text(2, message.id, message.id.length);
    writer.open(2, sized(4) + sized(message.typeBytes));
    writer.text(1, 'type', 4);
    writer.text(2, message.type, message.typeBytes);
    writer.open(2, sized(12) + sized(contentType.length));
    writer.text(1, 'content-type', 12);
    writer.text(2, contentType, contentType.length);
    if (message.metadataBytes > 0) writer.text(3, message.metadata, message.metadataBytes);
    writer.text(4, message.data, message.dataBytes);
  }
  end.copy(bytes, writer.at);
  return bytes;
}

class Writer {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  /** Begins a field of so many bytes. */
  open(number: number, length: number): void {
    this.bytes[this.at++] = tag(number, 2);
    let rest = length;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[this.at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.at++] = rest;
  }

  text(number: number, text: string, length: number): void {
    this.open(number, length);
    this.at += this.bytes.write(text, this.at, length, 'utf8');
  }
}

function optionsOf({ stream, expected, deadlineSeconds }: AppendDraft): Buffer {
  const place =
    expected === 'no_stream'
      ? field(3, empty)
      : expected === 'any'
        ? field(4, empty)
        : Buffer.of(tag(2, 0), ...varint(expected));
  const deadline = Buffer.of(tag(1, 0), ...varint(BigInt(deadlineSeconds)));
  return Buffer.concat([field(1, field(3, Buffer.from(stream))), place, field(6, deadline)]);
}

const empty = Buffer.alloc(0);

/** A field of bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag(number, 2), ...varint(BigInt(content.length))), content]);
}

function tag(number: number, wireType: number): number {
  return (number << 3) | wireType;
}

function varint(value: bigint): number[] {
  const digits: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
  return [...digits, Number(rest)];
}

/** What a field of so many bytes takes, with its tag and its length. */
function sized(length: number): number {
  let digits = 1;
  for (let rest = length; rest > 0x7f; rest >>>= 7) digits += 1;
  return 1 + digits + length;
}
