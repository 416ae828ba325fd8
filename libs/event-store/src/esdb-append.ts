import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import errors from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';
import uuids from '@eventstore/db-client/dist/utils/grpcUUID.js';
import services from '@eventstore/db-client/generated/streams_grpc_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { randomUUID } from 'node:crypto';
import type { Duplex, Readable, Writable } from 'node:stream';
import { encodeAppend } from './append-request.js';
import type { ExpectedRevision, NewEvent } from './event-store.js';

const METHOD = '/event_store.client.streams.Streams/BatchAppend';
const tryForSeconds = 10;

type Stream = Readable | Writable | Duplex;

interface Pending {
  readonly resolve: (revision: bigint) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends by the client's connection, with its discovery, TLS, credentials and the way it connects again, but without its
 * encoding of every event: see `encodeAppend` and docs/adr/0016. Throws what the client would.
 */
export class Appender {
  readonly #pending = new Map<string, Pending>();
  /** The stream of appends of each connection, as the client keeps it: one that has ended is opened anew. */
  readonly #calls = new WeakMap<object, Stream | Promise<Stream>>();

  constructor(private readonly client: EventStoreDBClient) {}

  /** Answers the revision of the last event. */
  async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<bigint> {
    const call = await this.#open();
    const correlationId = randomUUID();
    const deadlineSeconds = Math.ceil(Date.now() / 1_000) + tryForSeconds;
    const requests = encodeAppend({ correlationId, stream, expected, deadlineSeconds }, events);
    return new Promise<bigint>((resolve, reject) => {
      this.#pending.set(correlationId, { resolve, reject });
      for (const request of requests) call.write(request);
    });
  }

  #open(): Promise<Writable> {
    const open = this.client['GRPCStreamCreator'](
      services.StreamsClient,
      'appendToStream',
      (grpc) =>
        grpc
          .makeBidiStreamRequest<Buffer, messages.BatchAppendResp>(
            METHOD,
            (bytes) => bytes,
            (bytes) => messages.BatchAppendResp.deserializeBinary(Uint8Array.from(bytes)),
            ...this.client['callArguments']({}, { deadline: Infinity }),
          )
          .on('data', (response: messages.BatchAppendResp) => this.#settle(response))
          .on('error', (error) => this.#fail(convertToCommandError(error))),
      this.#calls,
    );
    return open() as Promise<Writable>;
  }

  #settle(response: messages.BatchAppendResp): void {
    const id = uuids.parseUUID(response.getCorrelationId()) ?? '';
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    const error = response.getError();
    if (error === undefined) pending?.resolve(BigInt(response.getSuccess()?.getCurrentRevision() ?? 0));
    else pending?.reject(errors.unpackToCommandError(error, streamOf(response)));
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function streamOf(response: messages.BatchAppendResp): string {
  return Buffer.from(response.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
}
