import { encodeFrameView, frameContent } from '../grpc/frames.js';
import { decode } from '../protobuf/decode.js';
import { encode } from '../protobuf/encode.js';
import type { EventCodec } from '../storage/event-storage.js';
import { metadataEntry, readResp, streamIdentifier, writtenReadResp } from './messages.js';
import { uuidText } from './uuid.js';

/** EventStoreDB counts time in steps of 100 ns. */
const TICKS_PER_MS_DIGITS = '0000';
const CREATED = 'created';

/** Encoded metadata entries with one key: their values repeat. Forgotten altogether when there are too many. */
class KnownEntries {
  private readonly entries = new Map<string, Buffer>();

  constructor(private readonly key: string) {}

  of(value: string): Buffer {
    const known = this.entries.get(value);
    if (known !== undefined) return known;
    const entry = encode(metadataEntry, { key: this.key, value });
    if (this.entries.size === KNOWN_ENTRIES) this.entries.clear();
    this.entries.set(value, entry);
    return entry;
  }
}

/** A value may have 64 KiB. */
const KNOWN_ENTRIES = 100;
const typeEntries = new KnownEntries('type');
const contentTypeEntries = new KnownEntries('content-type');
const createdEntries = new KnownEntries(CREATED);

/** Events are kept as the framed ReadResp that every reader gets: reading is copying. */
export const recordedEventCodec: EventCodec = {
  encoder(stream, createdMs) {
    const identifier = encode(streamIdentifier, { streamName: Buffer.from(stream) });
    const created = createdEntries.of(`${createdMs}${TICKS_PER_MS_DIGITS}`);
    return (event, revision, position) =>
      encodeFrameView(writtenReadResp, {
        event: {
          event: {
            id: { text: uuidText(event.id) },
            streamIdentifier: identifier,
            streamRevision: revision,
            preparePosition: position,
            commitPosition: position,
            metadata: [typeEntries.of(event.type), contentTypeEntries.of(event.contentType), created],
            customMetadata: event.metadata,
            data: event.data,
          },
          commitPosition: position,
        },
      });
  },
  createdMs(payload) {
    const entries = decode(readResp, frameContent(payload)).event?.event?.metadata;
    const ticks = entries?.find(({ key }) => key === CREATED)?.value ?? '';
    return Number(ticks.slice(0, -TICKS_PER_MS_DIGITS.length));
  },
  data(payload) {
    return decode(readResp, frameContent(payload)).event?.event?.data ?? Buffer.alloc(0);
  },
};
