import type { ExpectedRevision } from '../storage/expected-revision.js';
import type { ProposedEvent } from '../storage/event-storage.js';
import { expectedRevisionOf, proposedEventOf, streamNameOf } from './conversions.js';
import { appendTooLarge } from './errors.js';
import { requestLimits } from '../limits.js';
import type { ExpectationOptions, ProposedMessage } from './messages.js';

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
    if (this.bytes > requestLimits.appendBytes || this.events.length === requestLimits.appendEvents)
      throw appendTooLarge();
    this.events.push(event);
  }
}

/** What an event counts towards the limit, as EventStoreDB counts. */
function countedBytes({ type, data, metadata }: ProposedEvent): number {
  return data.length + metadata.length + type.length * 2;
}
