import * as contracts from '@florin/contracts';
import type { EventDefinition } from '@florin/contracts';

const exported: unknown[] = Object.values(contracts);
const definitions = new Map(exported.filter(isDefinition).map((definition) => [definition.type, definition]));

/** The contract of an event type, or undefined when no contract names it. */
export function definitionOf(type: string): EventDefinition | undefined {
  return definitions.get(type);
}

function isDefinition(value: unknown): value is EventDefinition {
  return (
    typeof value === 'object' && value !== null && 'type' in value && 'topic' in value && 'data' in value
  );
}
