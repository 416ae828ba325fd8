import { type KafkaKind, kafkaKinds } from './names.js';

/** Which broker tests of the whole product run on: `FLORIN_TEST_STACK_KAFKA`, or the embedded one. Throws for a name that is none. */
export function kafkaOfTests(): KafkaKind {
  const name = process.env['FLORIN_TEST_STACK_KAFKA'] ?? 'embedded';
  const kind = kafkaKinds.find((known) => known === name);
  if (kind === undefined)
    throw new Error(`FLORIN_TEST_STACK_KAFKA is ${name}, not ${kafkaKinds.join(', ')}.`);
  return kind;
}
