import { eventTypeFilter, START, type AllStreamResolvedEvent, type Position } from '@eventstore/db-client';
import { expecting, numbered } from '../black-box/events.fixture.spec.js';
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

  it('is refused where its pattern is none', async () => {
    const refused = Promise.withResolvers<Error>();
    const subscription = fixture.client.subscribeToAll({ filter: eventTypeFilter({ regex: '(' }) });
    subscription.on('error', refused.resolve);
    expect((await refused.promise).message).toMatch(/regular expression is not valid/);
  });
});
