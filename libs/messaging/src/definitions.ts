import { eventDefinitions, type EventDefinition } from '@florin/contracts';

const byType = new Map(eventDefinitions().map((definition) => [definition.type, definition]));

/** The contract of an event type, or undefined when no contract names it. */
export function definitionOf(type: string): EventDefinition | undefined {
  return byType.get(type);
}
