import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { ProposedEvent } from '../storage/event-storage.js';
import { expectedRevisionOf, proposedEventOf, streamNameOf } from './conversions.js';
import { appendTooLarge } from './errors.js';
import type { ExpectationOptions, ProposedMessage } from './messages.js';

/** EventStoreDB's limit on the events of one append. */
export const MAX_APPEND_BYTES = 1024 * 1024;
/** Events may be empty, and still take room. */
const MAX_APPEND_EVENTS = 50_000;

/** An append while it arrives. */
export class AppendDraft {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedEvent[] = [];
  private bytes = 0;

  /** @throws StatusError (invalid argument) */
  constructor(options: ExpectationOptions) {
    this.stream = streamNameOf(options);
    this.expected = expectedRevisionOf(options);
  }

  /** @throws StatusError when the event is not usable or one too many */
  add(proposed: ProposedMessage): void {
    const event = proposedEventOf(proposed);
    this.bytes += countedBytes(event);
    if (this.bytes > MAX_APPEND_BYTES || this.events.length === MAX_APPEND_EVENTS) {
      throw appendTooLarge(MAX_APPEND_BYTES);
    }
    this.events.push(event);
  }
}

/** What an event counts towards the limit, as EventStoreDB counts. */
function countedBytes({ type, data, metadata }: ProposedEvent): number {
  return data.length + metadata.length + type.length * 2;
}
