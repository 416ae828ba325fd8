import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { problemType, startIdentity, type IdentityUnderTest } from '../identity.harness.spec.js';

let identity: IdentityUnderTest;

beforeAll(async () => {
  identity = await startIdentity();
}, 60_000);

afterAll(() => identity?.stop(), 30_000);

afterEach(() => {
  identity.clock.aheadMs = 0;
  identity.codes.down = false;
});

const wrong = (code: string): string => (code === '000000' ? '000001' : '000000');

describe('registering', () => {
  it('makes the person once the code is proved, and not before', async () => {
    const phone = identity.newPhone();
    const started = await identity.register('+39 347 ' + phone.slice(6), 'Anna  Bianchi');
    expect(started.status).toBe(202);
    expect(Object.keys(started.body).sort()).toEqual(['challengeId', 'expiresAt']);
    expect(await identity.database.query('SELECT 1 FROM handles WHERE handle = $1', [phone])).toEqual([]);

    const session = await identity.prove(started.body.challengeId, identity.codes.codeFor(phone));
    expect(session.status).toBe(200);
    expect(session.body).toMatchObject({ tokenType: 'Bearer', personId: expect.any(String) });
    expect(await identity.api.call('GET', '/v1/me', { token: session.body.accessToken })).toMatchObject({
      status: 200,
      body: { personId: session.body.personId, name: 'Anna Bianchi', market: 'it', locale: 'it' },
    });
  });

  it('tells the others who registered where, without personal data', async () => {
    const { personId } = await identity.signUp('Anna Bianchi');
    const events: { payload: string; headers: Record<string, string> }[] = await identity.database.query(
      'SELECT payload, headers FROM outbox WHERE partition_key = $1 ORDER BY id',
      [personId],
    );
    expect(events.map(({ headers }) => headers['ce_type'])).toEqual([
      'com.florin.person.registered.v1',
      'com.florin.person.handle-linked.v1',
    ]);
    expect(events.map(({ payload }) => JSON.parse(payload) as unknown)).toEqual([
      { personId, market: 'it', locale: 'it' },
      { personId, channel: 'phone' },
    ]);
  });

  it('hands the code over in the language asked for, with a token for that alone', async () => {
    const phone = identity.newPhone();
    await identity.register(phone, 'João Silva', { market: 'br', locale: 'pt' });
    expect(identity.codes.sent.at(-1)).toEqual({
      to: phone,
      template: 'sign_in_code',
      params: { code: expect.stringMatching(/^\d{6}$/) as string, minutes: 5 },
      locale: 'pt',
    });
    const claims = decodeJwt(identity.codes.authorizations.at(-1)!.replace('Bearer ', ''));
    expect(claims).toMatchObject({ aud: 'florin-internal', sub: 'service:identity', scope: 'messages:send' });
  });

  it('of a known phone looks the same from outside, and signs the owner in unchanged', async () => {
    const first = await identity.signUp('Anna Bianchi');
    const again = await identity.register(first.phone, 'Mallory Evil');
    expect(again.status).toBe(202);
    expect(Object.keys(again.body).sort()).toEqual(['challengeId', 'expiresAt']);
    const session = await identity.prove(again.body.challengeId, identity.codes.codeFor(first.phone));
    expect(session.body.personId).toBe(first.personId);
    expect(await identity.api.call('GET', '/v1/me', { token: session.body.accessToken })).toMatchObject({
      body: { name: 'Anna Bianchi' },
    });
  });

  it('twice at once makes one person', async () => {
    const phone = identity.newPhone();
    const first = await identity.register(phone);
    const firstCode = identity.codes.codeFor(phone);
    const second = await identity.register(phone);
    const sessions = await Promise.all([
      identity.prove(first.body.challengeId, firstCode),
      identity.prove(second.body.challengeId, identity.codes.codeFor(phone)),
    ]);
    expect(sessions.map(({ status }) => status)).toEqual([200, 200]);
    expect(sessions[0].body.personId).toBe(sessions[1].body.personId);
  });

  it.each([
    ['/phone', { phone: '347 1234567' }],
    ['/phone', { phone: '+39123' }],
    ['/name', { name: 'https://evil.example' }],
    ['/market', { market: 'us' }],
    ['/locale', { locale: 'fr' }],
    ['/admin', { admin: true }],
  ])('with a wrong %s is refused: %j', async (pointer, change) => {
    const answer = await identity.register(identity.newPhone(), 'Anna', change);
    expect(answer.status).toBe(400);
    expect(problemType(answer)).toBe('invalid-request');
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });

  it('in a market that is not open is refused, for a known phone as well, and sends nothing', async () => {
    const { phone } = await identity.signUp();
    const sent = identity.codes.sent.length;
    for (const number of [phone, identity.newPhone()]) {
      const answer = await identity.register(number, 'Asha Rao', { market: 'in' });
      expect([answer.status, problemType(answer)]).toEqual([422, 'market-closed']);
      expect(answer.body).toMatchObject({ detail: 'The market "in" is not open.' });
    }
    expect(identity.codes.sent).toHaveLength(sent);
  });

  it('while messages cannot be sent changes nothing', async () => {
    identity.codes.down = true;
    const phone = identity.newPhone();
    const answer = await identity.register(phone);
    expect(answer.status).toBe(503);
    expect(problemType(answer)).toBe('code-not-sent');
    expect(await identity.database.query('SELECT 1 FROM challenges WHERE phone = $1', [phone])).toEqual([]);
  });
});

describe('signing in', () => {
  it('again gives the same person, in their language', async () => {
    const { phone, personId } = await identity.signUp();
    const { status, body } = await identity.challenge(phone);
    expect(status).toBe(202);
    expect(identity.codes.sent.at(-1)).toMatchObject({ to: phone, locale: 'it' });
    expect((await identity.prove(body.challengeId, identity.codes.codeFor(phone))).body.personId).toBe(
      personId,
    );
  });

  it('without an account looks the same until the code is proved', async () => {
    const phone = identity.newPhone();
    const { status, body } = await identity.challenge(phone);
    expect(status).toBe(202);
    expect(Object.keys(body).sort()).toEqual(['challengeId', 'expiresAt']);
    const answer = await identity.prove(body.challengeId, identity.codes.codeFor(phone));
    expect([answer.status, problemType(answer)]).toEqual([404, 'person-unknown']);
  });

  it('with a wrong code is refused, five times at most, even at once', async () => {
    const phone = identity.newPhone();
    const { challengeId } = (await identity.register(phone)).body;
    const code = identity.codes.codeFor(phone);
    const attempts = await Promise.all(
      Array.from({ length: 8 }, () => identity.prove(challengeId, wrong(code))),
    );
    const outcomes = attempts.map((answer) => `${answer.status} ${problemType(answer)}`).sort();
    expect(outcomes).toEqual([
      ...Array.from({ length: 3 }, () => '410 challenge-exhausted'),
      ...Array.from({ length: 5 }, () => '422 code-wrong'),
    ]);
    expect(problemType(await identity.prove(challengeId, code))).toBe('challenge-exhausted');
  });

  it('works on the fifth attempt', async () => {
    const phone = identity.newPhone();
    const { challengeId } = (await identity.register(phone)).body;
    const code = identity.codes.codeFor(phone);
    for (let i = 0; i < 4; i++)
      expect(problemType(await identity.prove(challengeId, wrong(code)))).toBe('code-wrong');
    expect((await identity.prove(challengeId, code)).status).toBe(200);
  });

  it('works once per code, even at once', async () => {
    const phone = identity.newPhone();
    const { challengeId } = (await identity.register(phone)).body;
    const code = identity.codes.codeFor(phone);
    const answers = await Promise.all([identity.prove(challengeId, code), identity.prove(challengeId, code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect(problemType(await identity.prove(challengeId, code))).toBe('challenge-used');
  });

  it('is over after five minutes', async () => {
    const phone = identity.newPhone();
    const { challengeId } = (await identity.register(phone)).body;
    identity.clock.aheadMs = 5 * 60_000;
    const answer = await identity.prove(challengeId, identity.codes.codeFor(phone));
    expect([answer.status, problemType(answer)]).toEqual([410, 'challenge-expired']);
  });

  it('needs a challenge that exists', async () => {
    const answer = await identity.prove(randomUUID(), '123456');
    expect([answer.status, problemType(answer)]).toEqual([404, 'challenge-unknown']);
  });

  it('from one network can be begun five times in a quarter of an hour, known or not, even at once', async () => {
    const { phone: known } = await identity.signUp();
    for (const [phone, before] of [
      [known, 1],
      [identity.newPhone(), 0],
    ] as const) {
      expect(await beginAtOnce(phone, Array(7).fill(undefined))).toBe(5 - before);
      const refused = await identity.challenge(phone);
      expect([refused.status, problemType(refused)]).toEqual([429, 'challenges-too-many']);
      identity.clock.aheadMs = 15 * 60_000;
      expect((await identity.challenge(phone)).status).toBe(202);
      identity.clock.aheadMs = 0;
    }
  });

  it('is not counted for another network, nor for another address of the same one', async () => {
    const phone = identity.newPhone();
    expect(await beginAtOnce(phone, Array(7).fill('203.0.113.1'))).toBe(5);
    expect(await beginAtOnce(phone, Array(7).fill('203.0.113.2'))).toBe(5);
    const sameNetwork = ['0:0::1', '0:0::2', '0:9::3', '0:9::4', '0:ff::5', '0::6'].map(
      (end) => `2001:db8:${end}`,
    );
    expect(await beginAtOnce(phone, sameNetwork)).toBe(5);
  });

  it('of one phone from everywhere can be begun twenty times in a quarter of an hour, even at once', async () => {
    const phone = identity.newPhone();
    const sent = identity.codes.sent.length;
    const from = Array.from({ length: 30 }, (_, index) => `203.0.113.${index}`);
    expect(await beginAtOnce(phone, from)).toBe(20);
    expect(identity.codes.sent).toHaveLength(sent + 20);
    expect(problemType(await identity.challenge(phone, '198.51.100.1'))).toBe('challenges-too-many');
    expect(await beginAtOnce(identity.newPhone(), ['198.51.100.1'])).toBe(1);
  });
});

describe('a stranger', () => {
  const strangers = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];

  it('in three networks, asking for all codes they get, leaves the owner all of theirs', async () => {
    const { phone, personId } = await identity.signUp();
    identity.clock.aheadMs = 15 * 60_000;
    expect(await beginAtOnce(phone, Array(6).fill(strangers).flat())).toBe(15);
    for (let i = 0; i < 5; i++) {
      const { body } = await identity.challenge(phone, '198.51.100.1');
      const session = await identity.prove(body.challengeId, identity.codes.codeFor(phone));
      expect(session.body.personId).toBe(personId);
    }
  });

  it('who has used up the phone, cannot take away a challenge that the owner has begun', async () => {
    const { phone, personId } = await identity.signUp();
    const { body } = await identity.challenge(phone, '198.51.100.1');
    const code = identity.codes.codeFor(phone);
    const from = Array.from({ length: 30 }, (_, index) => `203.0.113.${index}`);
    expect(await beginAtOnce(phone, from)).toBe(18);
    expect((await identity.challenge(phone, '198.51.100.1')).status).toBe(429);
    expect((await identity.prove(body.challengeId, code)).body.personId).toBe(personId);
  });

  it('who guesses uses up challenges of their own alone', async () => {
    const { phone, personId } = await identity.signUp();
    const own = await identity.challenge(phone, '198.51.100.1');
    const code = identity.codes.codeFor(phone);
    const guessed = await identity.challenge(phone, '203.0.113.1');
    const other = identity.codes.codeFor(phone);
    await Promise.all(
      Array.from({ length: 8 }, () => identity.prove(guessed.body.challengeId, wrong(other))),
    );
    expect(problemType(await identity.prove(guessed.body.challengeId, other))).toBe('challenge-exhausted');
    expect((await identity.prove(own.body.challengeId, code)).body.personId).toBe(personId);
  });
});

/** How many of these challenges, asked for at the same time from these addresses, were sent. */
async function beginAtOnce(phone: string, from: readonly (string | undefined)[]): Promise<number> {
  const answers = await Promise.all(from.map((address) => identity.challenge(phone, address)));
  const sent = answers.filter(({ status }) => status === 202);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(from.length - sent.length);
  return sent.length;
}
