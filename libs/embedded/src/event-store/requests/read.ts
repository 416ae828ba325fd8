import { setImmediate } from 'node:timers/promises';
import { encodeFrame } from '../grpc/frames.js';
import type { GrpcCall } from '../grpc/grpc.call.js';
import type { Handler } from '../grpc/grpc.server.js';
import { StatusCode, StatusError } from '../grpc/status.js';
import { streamNameOf } from '../protocol/conversions.js';
import { streamDeleted } from '../protocol/errors.js';
import { readReq, readResp, type ReadOptions } from '../protocol/messages.js';
import { decode } from '../protobuf/decode.js';
import { DELETED } from '../storage/retention.js';
import type { Page, Step } from '../storage/event-reader.js';
import type { EventStorage } from '../storage/event-storage.js';
import { eventFilter } from './filter.js';
import { eventSender } from './links.js';
import { subscribe } from './subscribe.js';

/** Streams/Read: reads and catch-up subscriptions, of a stream or of all. */
export function read(storage: EventStorage): Handler {
  return async (call) => {
    const { options } = decode(readReq, await call.request());
    if (options?.stream === undefined && options?.all === undefined) {
      throw new StatusError(StatusCode.invalidArgument, 'The request names neither a stream nor $all.');
    }
    if (options.subscription) await subscribe(storage, call, options);
    else if (options.stream === undefined) await readAll(storage, call, options);
    else await readStream(storage, call, options);
  };
}

async function readStream(storage: EventStorage, call: GrpcCall, options: ReadOptions): Promise<void> {
  const name = streamNameOf(options.stream);
  const stream = storage.index.findStream(name);
  if (stream?.visible.tombstoned) throw streamDeleted(name);
  if (stream === undefined || stream.visibleEvents === 0 || stream.visible.truncateBefore === DELETED) {
    const streamIdentifier = { streamName: Buffer.from(name) };
    return call.send(encodeFrame(readResp, { streamNotFound: { streamIdentifier } }));
  }
  const { revision, start, end } = options.stream ?? {};
  const from = start ? 0 : end || revision === undefined ? stream.visibleEvents : revision;
  const step = stepOf(options);
  await sendPages(storage, call, options, from, (next, limit) =>
    storage.reader.streamPage(stream, next, step, limit),
  );
}

async function readAll(storage: EventStorage, call: GrpcCall, options: ReadOptions): Promise<void> {
  const { index, reader } = storage;
  const { position, start, end } = options.all ?? {};
  const filter = options.filter && eventFilter(index, options.filter);
  const step = stepOf(options);
  const border = start ? 0 : end ? index.visibleSize : index.firstAt(position?.commitPosition ?? Infinity);
  // A position lies before its event: backwards begins with the event that ends there.
  const from = step === 1 ? border : border - 1;
  const snapshot = index.visibleSize;
  await sendPages(storage, call, options, from, (next, limit) =>
    reader.allPage(next, step, limit, snapshot, filter),
  );
}

function stepOf({ readDirection }: ReadOptions): Step {
  return readDirection === 1 ? -1 : 1;
}

/** Sends pages until nothing is left to look at, or the client has as many as it asked for. */
async function sendPages(
  storage: EventStorage,
  call: GrpcCall,
  options: ReadOptions,
  from: number,
  pageAt: (next: number, limit: number) => Page | Promise<Page>,
): Promise<void> {
  const send = eventSender(storage, call, options);
  let left = options.count ?? 0;
  let next = from;
  while (left > 0 && !call.isClosed) {
    const page = await pageAt(next, left);
    if (page.sequences.length > 0) await send(page.sequences);
    else if (page.next === next) return;
    else await setImmediate();
    left -= page.sequences.length;
    next = page.next;
    await call.room();
  }
}
