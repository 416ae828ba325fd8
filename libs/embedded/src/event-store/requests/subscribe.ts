import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { encodeFrame } from '../grpc/frames.js';
import type { GrpcCall } from '../grpc/grpc.call.js';
import { streamNameOf } from '../protocol/conversions.js';
import { streamDeleted } from '../protocol/errors.js';
import { readResp, type FilterOptions, type ReadOptions } from '../protocol/messages.js';
import type { EventStorage } from '../storage/event-storage.js';
import type { Page } from '../storage/event-reader.js';
import { checkpointEvents, eventFilter } from './filter.js';
import { eventSender } from './links.js';

/** Where a subscription stands and how it goes on. */
interface Source {
  /** The stream to wait for; undefined is all. */
  readonly stream: string | undefined;
  /** What is all that is remembered of a subscription, so that a slow reader costs no memory. */
  next: number;
  page(next: number, isLive: boolean): Page | Promise<Page>;
  /** The checkpoint to send once everything before `next` was looked at. */
  checkpoint?(next: number, isCaughtUp: boolean): Buffer | undefined;
}

/** Sends everything after the client's starting point, then whatever is appended, until the client goes. */
export async function subscribe(storage: EventStorage, call: GrpcCall, options: ReadOptions): Promise<void> {
  const source = options.stream === undefined ? allSource(storage, options) : streamSource(storage, options);
  let wake: () => void = () => {};
  const unwatch = storage.watch(source.stream, () => wake());
  call.onClose(() => {
    unwatch();
    wake();
  });
  call.send(encodeFrame(readResp, { confirmation: { subscriptionId: randomUUID() } }));
  const send = eventSender(storage, call, options);
  let isCaughtUp = false;
  while (!call.isClosed) {
    const page = await source.page(source.next, isCaughtUp);
    const isAtEnd = page.sequences.length === 0 && page.next === source.next;
    if (page.sequences.length > 0) await send(page.sequences);
    // Nothing was sent, which others would have had their turn by.
    else if (!isAtEnd) await setImmediate();
    source.next = page.next;
    const checkpoint = source.checkpoint?.(page.next, isAtEnd && !isCaughtUp);
    if (checkpoint !== undefined) call.send(checkpoint);
    if (!isAtEnd) {
      await call.room();
      continue;
    }
    if (!isCaughtUp) call.send(encodeFrame(readResp, { caughtUp: true }));
    isCaughtUp = true;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

function streamSource({ index, reader }: EventStorage, options: ReadOptions): Source {
  const name = streamNameOf(options.stream);
  const { revision, start } = options.stream ?? {};
  const last = (index.findStream(name)?.visibleEvents ?? 0) - 1;
  return {
    stream: name,
    next: start ? 0 : (revision ?? last) + 1,
    page(next, isLive) {
      const stream = index.findStream(name);
      if (stream?.visible.tombstoned) throw streamDeleted(name);
      if (stream === undefined) return { sequences: [], next };
      // EventStoreDB pushes what is appended as it is: metadata hide only what was there before.
      return isLive ? reader.wholePage(stream, next) : reader.streamPage(stream, next, 1, Infinity);
    },
  };
}

function allSource({ index, reader }: EventStorage, options: ReadOptions): Source {
  const { position, start } = options.all ?? {};
  const next = start
    ? 0
    : position === undefined
      ? index.visibleSize
      : index.firstAt((position.commitPosition ?? 0) + 1);
  if (options.filter === undefined) {
    return {
      stream: undefined,
      next,
      page: (next) => reader.allPage(next, 1, Infinity, index.visibleSize),
    };
  }
  return { stream: undefined, next, ...filtered({ index, reader }, options.filter, next) };
}

/** Pages end where a checkpoint is due. */
function filtered(
  { index, reader }: Pick<EventStorage, 'index' | 'reader'>,
  options: FilterOptions,
  start: number,
): Pick<Source, 'page' | 'checkpoint'> {
  const filter = eventFilter(index, options);
  const interval = checkpointEvents(options);
  let last = start;
  return {
    page: (next) => reader.allPage(next, 1, Infinity, Math.min(index.visibleSize, last + interval), filter),
    checkpoint(next, isCaughtUp) {
      if (next === last || (next < last + interval && !isCaughtUp)) return undefined;
      last = next;
      const position = index.position(next - 1);
      return encodeFrame(readResp, {
        checkpoint: { commitPosition: position, preparePosition: position },
      });
    },
  };
}
