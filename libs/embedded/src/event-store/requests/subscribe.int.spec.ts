import {
  eventTypeFilter,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type Position,
} from '@eventstore/db-client';
import { expecting, numbered, numbersOf } from '../black-box/events.fixture.spec.js';
import { startFixture, type Fixture } from '../event-store.fixture.spec.js';

describe('a filtered subscription', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await startFixture()));
  afterEach(() => fixture.remove());

  it('is told how far it has come, also where nothing matches', async () => {
    const { client } = fixture;
    await client.appendToStream('a', numbered(250));
    const positions: Position[] = [];
    const checkpoints = expecting<Position>(3);
    const filter = eventTypeFilter({
      prefixes: ['Absent'],
      maxSearchWindow: 50,
      checkpointInterval: 2,
      checkpointReached: (_, position) => {
        positions.push(position);
        checkpoints.got(position);
      },
    });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    subscription.resume();
    const events: AllStreamResolvedEvent[] = [];
    for await (const resolved of client.readAll()) events.push(resolved);
    const expected = [99, 199, 249].map((index) => events[index]?.event?.position);
    expect(await checkpoints.all).toEqual(expected);
    await client.appendToStream('a', numbered(10));
    await subscription.unsubscribe();
    expect(positions).toHaveLength(3);
  });

  it.each(['^(a+)+$', '^(a|a)*$', '^(a?){60}$', '^(?:a|aa)+$', `^${'(a|a)'.repeat(60)}$`])(
    'is ended where its pattern takes for ever, and others are served: %s',
    async (regex) => {
      const { client } = fixture;
      await client.appendToStream(`${'a'.repeat(60)}!`, numbered(1));
      const filter = streamNameFilter({ regex });
      const ended = Promise.withResolvers<Error>();
      client.subscribeToAll({ fromPosition: START, filter }).on('error', ended.resolve).resume();
      expect((await ended.promise).message).toMatch(/takes more than 100 ms/);
      expect(await numbersOf(client.readAll())).toEqual([0]);
    },
  );

  it('is refused where its pattern is none', async () => {
    const refused = Promise.withResolvers<Error>();
    const subscription = fixture.client.subscribeToAll({ filter: eventTypeFilter({ regex: '(' }) });
    subscription.on('error', refused.resolve);
    expect((await refused.promise).message).toMatch(/regular expression is not valid/);
  });
});
