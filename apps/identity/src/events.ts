import { cloudEvent, handleLinked, personRegistered, type CloudEvent, type EventOf } from '@florin/contracts';
import { v7 as uuidv7 } from 'uuid';

const envelope = (now: Date) => ({ id: uuidv7(), source: '/identity', time: now.toISOString() });

/** What the others learn of a new person: no name, no number. */
export function personRegisteredEvent(data: EventOf<typeof personRegistered>['data'], now: Date): CloudEvent {
  return cloudEvent(personRegistered, { ...envelope(now), data });
}

/** What the others learn of a new handle: its channel alone. */
export function handleLinkedEvent(data: EventOf<typeof handleLinked>['data'], now: Date): CloudEvent {
  return cloudEvent(handleLinked, { ...envelope(now), data });
}
