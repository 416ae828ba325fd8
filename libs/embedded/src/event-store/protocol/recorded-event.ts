import { encodeFrame, frameContent } from '../grpc/frames.js';
import { decode } from '../protobuf/decode.js';
import type { EventCodec } from '../storage/event-storage.js';
import { readResp } from './messages.js';
import { uuidText } from './uuid.js';

/** EventStoreDB counts time in steps of 100 ns. */
const TICKS_PER_MS_DIGITS = '0000';
const CREATED = 'created';

/** Events are kept as the framed ReadResp that every reader gets: reading is copying. */
export const recordedEventCodec: EventCodec = {
  encode(event, { stream, revision, position, createdMs }) {
    return encodeFrame(readResp, {
      event: {
        event: {
          id: { text: uuidText(event.id) },
          streamIdentifier: { streamName: Buffer.from(stream) },
          streamRevision: revision,
          preparePosition: position,
          commitPosition: position,
          metadata: [
            { key: 'type', value: event.type },
            { key: 'content-type', value: event.contentType },
            { key: CREATED, value: `${createdMs}${TICKS_PER_MS_DIGITS}` },
          ],
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
