import { encodeFrame, frameContent } from '../grpc/frames.js';
import type { GrpcCall } from '../grpc/grpc.call.js';
import { encodedReadResp, readResp, type ReadOptions } from '../protocol/messages.js';
import { decode } from '../protobuf/decode.js';
import type { EventStorage } from '../storage/event-storage.js';

/** The type of an event that stands for another one, whose place it says: `revision@stream`. */
const LINK_TYPE = '$>';

/** Sends events, by sequence number, to a client. */
export type EventSender = (sequences: readonly number[]) => Promise<void>;

/** Sends events as they are kept; or, where the client wants it, links together with what they point to. */
export function eventSender(storage: EventStorage, call: GrpcCall, options: ReadOptions): EventSender {
  const { reader, index } = storage;
  const sendAll: EventSender = async (sequences) => call.send(await reader.payloads(sequences));
  if (!options.resolveLinks) return sendAll;
  const isLink = (sequence: number) => index.typeName(index.typeId(sequence)) === LINK_TYPE;
  return async (sequences) => {
    if (!sequences.some(isLink)) return sendAll(sequences);
    for (const sequence of sequences) {
      if (isLink(sequence)) call.send(await resolved(storage, sequence));
      else await sendAll([sequence]);
      // What is pointed to may be large.
      await call.room();
    }
  };
}

/** A link and the event it points to, without the latter where it is gone. */
async function resolved({ reader, index }: EventStorage, sequence: number): Promise<Buffer> {
  const payload = await reader.payloads([sequence]);
  const place = decode(readResp, frameContent(payload)).event?.event?.data?.toString('utf8') ?? '';
  const [, revision, name = ''] = /^(\d+)@(.+)$/s.exec(place) ?? [];
  const stream = index.findStream(name);
  const isThere =
    stream !== undefined &&
    !stream.visible.tombstoned &&
    Number(revision) >= stream.firstVisible &&
    Number(revision) < stream.visibleEvents;
  const target = isThere ? stream.sequences[Number(revision)] : undefined;
  const link = encodedEvent(payload);
  return encodeFrame(encodedReadResp, {
    event: {
      event: target === undefined ? undefined : encodedEvent(await reader.payloads([target])),
      link,
      commitPosition: index.position(sequence),
    },
  });
}

function encodedEvent(payload: Buffer): Buffer | undefined {
  return decode(encodedReadResp, frameContent(payload)).event?.event;
}
