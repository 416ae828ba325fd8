import { accountOpened, eventDefinitions } from './index.js';

const definitions = eventDefinitions();

it.each(definitions.map((definition) => [definition.type, definition] as const))(
  'shows an example of %s that keeps its contract',
  (_type, { data, example, key, subject }) => {
    expect(data.parse(example.data)).toStrictEqual(example.data);
    expect(key(example.data)).toMatch(/^[0-9a-z-]+$/);
    expect(subject(example.data)).toMatch(/^\w+\/(?!undefined)[\w:-]+$/);
  },
);

it('defines each type once', () => {
  expect(new Set(definitions.map(({ type }) => type)).size).toBe(definitions.length);
});

it('says which side of an account is its own', () => {
  expect(definitions.map(({ type }) => type)).toContain('com.florin.ledger.account-opened.v1');
  const { data, example } = accountOpened;
  expect(data.safeParse({ ...example.data, class: 'equity' }).success).toBe(true);
  expect(data.safeParse({ ...example.data, class: 'passive' }).success).toBe(false);
});
