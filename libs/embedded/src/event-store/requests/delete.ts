import { encodeFrame } from '../grpc/frames.js';
import type { Handler } from '../grpc/grpc.server.js';
import { StatusCode, StatusError } from '../grpc/status.js';
import { expectedRevisionOf, writableStreamOf } from '../protocol/conversions.js';
import { streamDeleted, wrongExpectedVersion } from '../protocol/errors.js';
import { deleteReq, deleteResp } from '../protocol/messages.js';
import { decode } from '../protobuf/decode.js';
import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { AppendResult, EventStorage } from '../storage/event-storage.js';
import { durably } from './durably.js';

/** Streams/Delete: the events are gone; a later append brings the stream back, with the next revision. */
export function deleteStream(storage: EventStorage): Handler {
  return handler((stream, expected) => storage.deleteStream(stream, expected));
}

/** Streams/Tombstone: the stream is gone for ever. */
export function tombstoneStream(storage: EventStorage): Handler {
  return handler((stream, expected) => storage.tombstoneStream(stream, expected));
}

function handler(remove: (stream: string, expected: ExpectedRevision) => Promise<AppendResult>): Handler {
  return async (call) => {
    const { options } = decode(deleteReq, await call.request());
    if (options === undefined)
      throw new StatusError(StatusCode.invalidArgument, 'The request has no options.');
    const stream = writableStreamOf(options);
    const expected = expectedRevisionOf(options);
    const result = await durably(remove(stream, expected));
    if (result.kind === 'deleted') throw streamDeleted(stream);
    if (result.kind === 'wrongRevision') throw wrongExpectedVersion(stream, expected, result.lastRevision);
    const position = result.kind === 'appended' ? result.position : undefined;
    call.send(
      encodeFrame(
        deleteResp,
        position === undefined
          ? { noPosition: true }
          : { position: { commitPosition: position, preparePosition: position } },
      ),
    );
  };
}
