import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { ProposedEvent } from '../storage/event-storage.js';
import { expectedRevisionOf, proposedEventOf, writableStreamOf } from './conversions.js';
import { appendTooLarge } from './errors.js';
import { StatusCode, StatusError } from '../grpc/status.js';
import { requestLimits } from '../limits.js';
import { METADATA_PREFIX } from '../storage/retention.js';
import type { ExpectationOptions, ProposedMessage } from './messages.js';

/** An append while it arrives. */
export class AppendDraft {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedEvent[] = [];
  private bytes = 0;

  /** @throws StatusError (invalid argument) */
  constructor(options: ExpectationOptions) {
    this.stream = writableStreamOf(options);
    this.expected = expectedRevisionOf(options);
  }

  /** @throws StatusError when the event is not usable or one too many */
  add(proposed: ProposedMessage): void {
    const event = proposedEventOf(proposed);
    if (this.stream.startsWith(METADATA_PREFIX) && depthOf(event.data) > requestLimits.metadataDepth) {
      const message = `The metadata of a stream may be nested ${requestLimits.metadataDepth} deep.`;
      throw new StatusError(StatusCode.invalidArgument, message);
    }
    this.bytes += countedBytes(event);
    if (this.bytes > requestLimits.appendBytes || this.events.length === requestLimits.appendEvents)
      throw appendTooLarge();
    this.events.push(event);
  }
}

const [quote, escape, ...brackets] = Buffer.from('"\\{[}]');

/** How deep a text of JSON is nested; of what is not JSON, any number. */
function depthOf(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (isText && byte === escape) at++;
    else if (byte === quote) isText = !isText;
    else if (!isText && brackets.includes(byte)) depth += brackets.indexOf(byte) < 2 ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** What an event counts towards the limit, as EventStoreDB counts. */
function countedBytes({ type, data, metadata }: ProposedEvent): number {
  return data.length + metadata.length + type.length * 2;
}
