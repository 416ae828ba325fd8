import { encodeFrame } from '../grpc/frames.js';
import type { GrpcCall } from '../grpc/grpc.call.js';
import type { Handler } from '../grpc/grpc.server.js';
import { StatusCode, StatusError } from '../grpc/status.js';
import { requestLimits } from '../limits.js';
import { AppendDraft } from '../protocol/append-draft.js';
import { appendSuccess } from '../protocol/conversions.js';
import { appendTooLarge, MAX_APPEND_EXCEPTION } from '../protocol/errors.js';
import { batchAppendReq, batchAppendResp, errorDetails, type BatchAppendReq } from '../protocol/messages.js';
import { decode } from '../protobuf/decode.js';
import { encode } from '../protobuf/encode.js';
import type { Encodable } from '../protobuf/tables.js';
import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { AppendResult, EventStorage } from '../storage/event-storage.js';
import { durably } from './durably.js';

/**
 * Streams/BatchAppend: one long call; every append has a correlation id and one or more requests, the last of which
 * is final. Each is answered once, when it is on disk, in whatever order that happens.
 */
export function batchAppend(storage: EventStorage): Handler {
  return async (call) => {
    // Ends the call while more may be on its way.
    const failed = Promise.withResolvers<never>();
    await Promise.race([failed.promise, answerAppends(storage, call, failed.reject)]);
  };
}

async function answerAppends(
  storage: EventStorage,
  call: GrpcCall,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const batches = new Map<string, Batch>();
  const underWay = new Set<Promise<void>>();
  for await (const message of call.requests()) {
    const request = decode(batchAppendReq, message);
    const key = request.correlationId?.toString('latin1') ?? '';
    const batch = batches.get(key) ?? new Batch(request);
    batch.add(request);
    if (request.isFinal !== true) {
      batches.set(key, batch);
      batch.heldBytes += message.length;
      call.hold(message.length);
      if (batches.size > requestLimits.unfinishedAppends) {
        const what = `More than ${requestLimits.unfinishedAppends} appends are unfinished on this call.`;
        throw new StatusError(StatusCode.resourceExhausted, what);
      }
      continue;
    }
    if (batches.delete(key)) call.letGo(batch.heldBytes);
    await durably(storage.room());
    await call.room();
    const answer = batch
      .answer(storage, call)
      .catch(onFailure)
      .finally(() => underWay.delete(answer));
    underWay.add(answer);
  }
  await Promise.all(underWay);
}

type Response = Encodable<typeof batchAppendResp.fields>;
type Outcome = Pick<Response, 'success' | 'error'>;

class Batch {
  /** The bytes of its parts so far, but the last. */
  heldBytes = 0;
  /** What has come of it, or what is wrong with it. */
  private draft: AppendDraft | StatusError;
  private readonly echo: Response;
  private readonly deadlineMs: number;

  constructor({ correlationId, options }: BatchAppendReq) {
    this.echo = {
      correlationId,
      // Clients look at its name in every answer.
      streamIdentifier: { streamName: options?.streamIdentifier?.streamName ?? NOTHING },
      streamPosition: options?.revision,
      noStream: options?.noStream,
      any: options?.any,
      streamExists: options?.streamExists,
    };
    const { seconds = 0, nanos = 0 } = options?.deadline ?? {};
    this.deadlineMs = options?.deadline === undefined ? Infinity : seconds * 1000 + nanos / 1e6;
    this.draft = attempt(() => new AppendDraft(options ?? {}));
  }

  /** Takes another part. What is wrong with it is told with the last one: an append has one answer. */
  add({ proposedMessages }: BatchAppendReq): void {
    const { draft } = this;
    if (draft instanceof StatusError) return;
    this.draft = attempt(() => {
      for (const proposed of proposedMessages ?? []) draft.add(proposed);
      return draft;
    });
  }

  async answer(storage: EventStorage, call: GrpcCall): Promise<void> {
    call.send(encodeFrame(batchAppendResp, { ...this.echo, ...(await this.outcome(storage)) }));
  }

  private async outcome(storage: EventStorage): Promise<Outcome> {
    const { draft } = this;
    if (draft instanceof StatusError) return refusalOf(draft);
    if (Date.now() > this.deadlineMs) {
      return refusal('Timeout', 'The deadline was over before all of the append had arrived.');
    }
    return outcomeOf(await durably(storage.append(draft.stream, draft.expected, draft.events)), draft);
  }
}

function attempt(step: () => AppendDraft): AppendDraft | StatusError {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error;
  }
}

const NOTHING = Buffer.alloc(0);

function outcomeOf(result: AppendResult, { stream, expected }: AppendDraft): Outcome {
  if (result.kind === 'appended') return { success: appendSuccess(result) };
  if (result.kind === 'tooLarge') return refusalOf(appendTooLarge());
  if (result.kind === 'deleted') {
    const details = { streamIdentifier: { streamName: Buffer.from(stream) } };
    return refusal('StreamDeleted', `${stream} is deleted.`, encode(errorDetails.streamDeleted, details));
  }
  const { lastRevision } = result;
  const details = {
    ...(lastRevision < 0 ? { currentNoStream: true as const } : { currentStreamRevision: lastRevision }),
    ...expectationFields(expected),
  };
  const message = `${stream} is at another revision than expected.`;
  return refusal('WrongExpectedVersion', message, encode(errorDetails.wrongExpectedVersion, details));
}

function expectationFields(expected: ExpectedRevision) {
  if (typeof expected === 'number') return { expectedStreamPosition: expected };
  if (expected === 'any') return { expectedAny: true as const };
  if (expected === 'noStream') return { expectedNoStream: true as const };
  return { expectedStreamExists: true as const };
}

/** The refusal of an append that is itself wrong. */
function refusalOf({ message, trailers }: StatusError): Outcome {
  if (trailers['exception'] === MAX_APPEND_EXCEPTION) {
    const details = { maxAppendSize: requestLimits.appendBytes };
    return refusal(
      'MaximumAppendSizeExceeded',
      message,
      encode(errorDetails.maximumAppendSizeExceeded, details),
    );
  }
  return refusal('BadRequest', message, encode(errorDetails.badRequest, { message }));
}

/** A google.rpc.Status; clients go by the name of its details. */
function refusal(name: string, message: string, details: Buffer = NOTHING): Outcome {
  return {
    error: {
      code: StatusCode.failedPrecondition,
      message,
      details: { typeUrl: `type.googleapis.com/event_store.client.${name}`, value: details },
    },
  };
}
