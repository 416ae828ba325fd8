import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import services from '@eventstore/db-client/generated/streams_grpc_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { setImmediate } from 'node:timers/promises';
import { batches } from './batches.js';
import type { ReadOptions, StoredEvent } from './event-store.js';
import { decodeReadResponse } from './read-response.js';

const METHOD = '/event_store.client.streams.Streams/Read';
const FORWARDS = 0;
const BACKWARDS = 1;

/**
 * Reads pages of a stream by the client's connection, with its discovery, TLS, credentials and the way it connects again, but
 * without its decoding of every message: see `decodeReadResponse` and docs/adr/0015. Throws what the client would.
 */
export async function* readPages(
  client: EventStoreDBClient,
  stream: string,
  options: ReadOptions,
  { max, signal }: { readonly max: number; readonly signal: AbortSignal },
): AsyncGenerator<StoredEvent[], void> {
  let pages: AsyncGenerator<Buffer[], void> | undefined;
  const open = client['GRPCStreamCreator'](services.StreamsClient, 'readStream', (grpc) => {
    const call = grpc.makeServerStreamRequest<messages.ReadReq, Buffer>(
      METHOD,
      (request) => Buffer.from(request.serializeBinary()),
      (bytes) => bytes,
      readRequest(stream, options),
      ...client['callArguments']({}, { deadline: Infinity }),
    );
    // At once: whatever happens on the way to the one who waits for the call must not be missed.
    pages = batches(call, { max, full: true, signal });
    return call;
  });
  const call = await open();
  try {
    for await (const page of pages ?? []) {
      const events = page.map(decodeReadResponse).filter((response) => typeof response === 'object');
      if (events.length > 0) yield events;
    }
  } catch (error) {
    throw error instanceof Error ? convertToCommandError(error) : error;
  } finally {
    // A call that is cancelled while it delivers would throw: grpc-node's issues 1464 and 1652.
    await setImmediate();
    call.cancel();
  }
}

function readRequest(stream: string, { from, direction, maxCount }: ReadOptions): messages.ReadReq {
  const empty = new shared.Empty();
  const place = new messages.ReadReq.Options.StreamOptions();
  place.setStreamIdentifier(
    new shared.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(stream))),
  );
  const backwards = direction === 'backwards';
  if (from !== undefined) place.setRevision(from.toString());
  else if (backwards) place.setEnd(empty);
  else place.setStart(empty);
  const options = new messages.ReadReq.Options()
    .setStream(place)
    .setReadDirection(backwards ? BACKWARDS : FORWARDS)
    .setResolveLinks(false)
    .setCount((maxCount ?? Number.MAX_SAFE_INTEGER).toString())
    .setUuidOption(new messages.ReadReq.Options.UUIDOption().setString(empty))
    .setNoFilter(empty);
  return new messages.ReadReq().setOptions(options);
}
