import * as contracts from './index.js';
import type { EventDefinition } from './index.js';

const exported: unknown[] = Object.values(contracts);
const definitions = exported.filter(
  (value): value is EventDefinition =>
    typeof value === 'object' && value !== null && 'topic' in value && 'example' in value,
);

it.each(definitions.map((definition) => [definition.type, definition] as const))(
  'shows an example of %s that keeps its contract',
  (_type, { data, example, key, subject }) => {
    expect(data.parse(example.data)).toStrictEqual(example.data);
    expect([key(example.data), subject(example.data)]).not.toContain(undefined);
  },
);

it('says which side of an account is its own', () => {
  expect(definitions.map(({ type }) => type)).toContain('com.florin.ledger.account-opened.v1');
  const { data, example } = contracts.accountOpened;
  expect(data.safeParse({ ...example.data, class: 'equity' }).success).toBe(true);
  expect(data.safeParse({ ...example.data, class: 'passive' }).success).toBe(false);
});
