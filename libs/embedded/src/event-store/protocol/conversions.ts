import { StatusCode, StatusError } from '../grpc/status.js';
import { requestLimits } from '../limits.js';
import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { AppendResult, ProposedEvent } from '../storage/event-storage.js';
import { MAX_NAME_BYTES } from '../storage/record-format.js';
import { METADATA_PREFIX } from '../storage/retention.js';
import type { ExpectationOptions, ProposedMessage } from './messages.js';
import { uuidBytes } from './uuid.js';

const NOTHING = Buffer.alloc(0);
const ALL_STREAM = '$all';

/** @throws StatusError (invalid argument) */
export function streamNameOf(options: { streamIdentifier?: { streamName?: Buffer } } | undefined): string {
  const name = options?.streamIdentifier?.streamName ?? NOTHING;
  if (name.length === 0) throw new StatusError(StatusCode.invalidArgument, 'The request names no stream.');
  const text = name.toString('utf8');
  const counted = name.length - (text.startsWith(METADATA_PREFIX) ? METADATA_PREFIX.length : 0);
  if (counted > requestLimits.streamNameBytes) {
    const message = `A stream's name may have ${requestLimits.streamNameBytes} bytes, not ${counted}.`;
    throw new StatusError(StatusCode.invalidArgument, message);
  }
  return text;
}

/**
 * The stream of an append or a deletion. EventStoreDB, its clients or its HTTP interface refuse the same ones.
 * @throws StatusError (invalid argument)
 */
export function writableStreamOf(options: ExpectationOptions): string {
  const stream = streamNameOf(options);
  const subject = stream.startsWith(METADATA_PREFIX) ? stream.slice(METADATA_PREFIX.length) : stream;
  if (stream === ALL_STREAM)
    throw unwritable(`${ALL_STREAM} shows the events of all streams; it is not appended to nor deleted.`);
  if (subject === '')
    throw unwritable(`${METADATA_PREFIX} would be the metadata of a stream without a name.`);
  if (stream !== subject && subject.startsWith(METADATA_PREFIX))
    throw unwritable('Metadata have no metadata.');
  return stream;
}

function unwritable(message: string): StatusError {
  return new StatusError(StatusCode.invalidArgument, message);
}

/** @throws StatusError (invalid argument) */
export function expectedRevisionOf(options: ExpectationOptions): ExpectedRevision {
  if (options.revision !== undefined) return options.revision;
  if (options.noStream) return 'noStream';
  if (options.any) return 'any';
  if (options.streamExists) return 'streamExists';
  throw new StatusError(StatusCode.invalidArgument, 'The request does not say which revision it expects.');
}

/** @throws StatusError when its id, type or content type is not usable */
export function proposedEventOf(proposed: ProposedMessage): ProposedEvent {
  let type: string | undefined;
  let contentType: string | undefined;
  for (const { key, value } of proposed.metadata ?? []) {
    if (key === 'type') type = value ?? '';
    else if (key === 'content-type') contentType = value ?? '';
  }
  if (type === undefined || contentType === undefined) throw missingMetadata(type, contentType);
  if (type === '') throw new StatusError(StatusCode.invalidArgument, "An event's type is not empty.");
  if (Buffer.byteLength(type) > MAX_NAME_BYTES) {
    throw new StatusError(StatusCode.invalidArgument, `An event type may have ${MAX_NAME_BYTES} bytes.`);
  }
  return {
    id: uuidBytes(proposed.id),
    type,
    contentType,
    data: proposed.data ?? NOTHING,
    metadata: proposed.customMetadata ?? NOTHING,
  };
}

function missingMetadata(type?: string, contentType?: string): StatusError {
  const missing = [
    ...(type === undefined ? ['type'] : []),
    ...(contentType === undefined ? ['content-type'] : []),
  ];
  const message = `An event lacks the metadata ${missing.join(' and ')}.`;
  return new StatusError(StatusCode.invalidArgument, message, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

/** The fields of a success, the same for both kinds of append. */
export function appendSuccess({ lastRevision, position }: AppendResult & { kind: 'appended' }) {
  return {
    ...(lastRevision < 0 ? { noStream: true as const } : { currentRevision: lastRevision }),
    ...(position === undefined
      ? { noPosition: true as const }
      : { position: { commitPosition: position, preparePosition: position } }),
  };
}
