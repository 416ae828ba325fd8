import { encodeFrame } from '../grpc/frames.js';
import type { Handler } from '../grpc/grpc.server.js';
import { StatusCode, StatusError } from '../grpc/status.js';
import { AppendDraft } from '../protocol/append-draft.js';
import { appendSuccess } from '../protocol/conversions.js';
import { appendTooLarge, streamDeleted } from '../protocol/errors.js';
import { appendReq, appendResp } from '../protocol/messages.js';
import { decode } from '../protobuf/decode.js';
import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { AppendResult, EventStorage } from '../storage/event-storage.js';
import { durably } from './durably.js';

/** Streams/Append: options first, then one message per event; all is appended when the client has sent the last. */
export function append(storage: EventStorage): Handler {
  return async (call) => {
    let draft: AppendDraft | undefined;
    for await (const message of call.requests()) {
      const { options, proposedMessage } = decode(appendReq, message);
      call.hold(message.length);
      if (options !== undefined) draft ??= new AppendDraft(options);
      else if (proposedMessage !== undefined) draft?.add(proposedMessage);
    }
    // A client that has gone does not want an append of the part that it sent.
    if (call.isClosed) return;
    if (draft === undefined) {
      throw new StatusError(StatusCode.invalidArgument, 'The append does not begin with its options.');
    }
    await durably(storage.room());
    const result = await durably(storage.append(draft.stream, draft.expected, draft.events));
    call.send(response(result, draft));
  };
}

function response(result: AppendResult, { stream, expected }: AppendDraft): Buffer {
  if (result.kind === 'appended') return encodeFrame(appendResp, { success: appendSuccess(result) });
  if (result.kind === 'deleted') throw streamDeleted(stream);
  if (result.kind === 'tooLarge') throw appendTooLarge();
  const { lastRevision } = result;
  return encodeFrame(appendResp, {
    wrongExpectedVersion: {
      ...(lastRevision < 0 ? { currentNoStream: true } : { currentRevision: lastRevision }),
      ...expectationFields(expected),
    },
  });
}

function expectationFields(expected: ExpectedRevision) {
  if (typeof expected === 'number') return { expectedRevision: expected };
  if (expected === 'any') return { expectedAny: true as const };
  if (expected === 'noStream') return { expectedNoStream: true as const };
  return { expectedStreamExists: true as const };
}
