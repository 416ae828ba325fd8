import {
  cloudEvent,
  type CloudEvent,
  productAdded,
  productChanged,
  shopOpened,
  type EventDefinition,
  type EventOf,
} from '@florin/contracts';
import { v7 as uuidv7 } from 'uuid';

/** What the others learn of a new shop. */
export function shopOpenedEvent(data: EventOf<typeof shopOpened>['data'], now: Date): CloudEvent {
  return outgoing(shopOpened, data, now);
}

/** What the others learn of a new product. */
export function productAddedEvent(data: EventOf<typeof productAdded>['data'], now: Date): CloudEvent {
  return outgoing(productAdded, data, now);
}

/** What the others learn of a product that changed: its whole new state. */
export function productChangedEvent(data: EventOf<typeof productChanged>['data'], now: Date): CloudEvent {
  return outgoing(productChanged, data, now);
}

function outgoing<Data>(definition: EventDefinition<string, Data>, data: Data, now: Date): CloudEvent {
  const envelope = { id: uuidv7(), source: '/catalog', time: now.toISOString() };
  return cloudEvent(definition, { ...envelope, data });
}
