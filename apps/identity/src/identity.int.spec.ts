import { baseConfig, loadConfig } from '@florin/configuration';
import { listRoutes, serviceTokenSource } from '@florin/service-host';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import { randomUUID } from 'node:crypto';
import { identityConfig } from './config.js';
import {
  identityEnvironment,
  problemType,
  startIdentity,
  type IdentityUnderTest,
} from './identity.harness.spec.js';

let identity: IdentityUnderTest;

beforeAll(async () => {
  identity = await startIdentity();
}, 60_000);

afterAll(() => identity?.stop(), 30_000);

describe('handles', () => {
  const link = (token: string, channel: string, handle: string) =>
    identity.api.call<{ id: string; handle: string }>('POST', '/v1/handles', {
      token,
      body: { channel, handle },
    });
  const list = async (token: string) =>
    (
      await identity.api.call<{ items: { id: string; channel: string; handle: string }[] }>(
        'GET',
        '/v1/handles',
        {
          token,
        },
      )
    ).body.items;

  it('several belong to one account, each in one normal form', async () => {
    const { accessToken: token, phone } = await identity.signUp();
    const linked = await link(token, 'instagram', '@Bruno.Rossi');
    expect(linked.status).toBe(201);
    expect((await link(token, 'whatsapp', phone)).status).toBe(201);
    expect((await list(token)).map(({ channel, handle }) => [channel, handle])).toEqual([
      ['phone', phone],
      ['instagram', 'bruno.rossi'],
      ['whatsapp', phone],
    ]);
  });

  it('belong to one account only', async () => {
    const [anna, bruno] = [await identity.signUp(), await identity.signUp()];
    await link(anna.accessToken, 'instagram', 'taken.once');
    for (const { accessToken } of [anna, bruno]) {
      const answer = await link(accessToken, 'instagram', '@TAKEN.once');
      expect([answer.status, problemType(answer)]).toEqual([409, 'handle-taken']);
    }
  });

  it('of WhatsApp are the number that was proved, and no other', async () => {
    const [anna, bruno] = [await identity.signUp(), await identity.signUp()];
    for (const foreign of [identity.newPhone(), bruno.phone]) {
      const answer = await link(anna.accessToken, 'whatsapp', foreign);
      expect([answer.status, problemType(answer)]).toEqual([422, 'handle-unproved']);
    }
    expect(await list(anna.accessToken)).toHaveLength(1);
    expect((await link(bruno.accessToken, 'whatsapp', bruno.phone)).status).toBe(201);
  });

  it('are told without the handle', async () => {
    const { accessToken, personId } = await identity.signUp();
    await link(accessToken, 'instagram', 'quiet.one');
    const rows: { payload: string }[] = await identity.database.query(
      'SELECT payload FROM outbox WHERE partition_key = $1 ORDER BY id DESC LIMIT 1',
      [personId],
    );
    expect(JSON.parse(rows[0]!.payload)).toEqual({ personId, channel: 'instagram' });
  });

  it('can be removed by their owner, all but the phone number', async () => {
    const [anna, bruno] = [await identity.signUp(), await identity.signUp()];
    const { id } = (await link(anna.accessToken, 'web', 'anna@shop.example')).body;
    const foreign = await identity.api.call('DELETE', `/v1/handles/${id}`, { token: bruno.accessToken });
    expect([foreign.status, problemType(foreign)]).toEqual([404, 'handle-unknown']);
    expect((await identity.api.call('DELETE', `/v1/handles/${id}`, { token: anna.accessToken })).status).toBe(
      204,
    );
    const [phone] = await list(anna.accessToken);
    const kept = await identity.api.call('DELETE', `/v1/handles/${phone!.id}`, { token: anna.accessToken });
    expect([kept.status, problemType(kept)]).toEqual([409, 'handle-needed']);
    expect(await list(anna.accessToken)).toHaveLength(1);
  });

  it('are twenty at most', async () => {
    const { accessToken } = await identity.signUp();
    const some = Array.from({ length: 25 }, (_, index) => link(accessToken, 'web', `many-${index}`));
    const statuses = (await Promise.all(some)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(19);
    expect(problemType(await link(accessToken, 'web', 'one-more'))).toBe('handles-too-many');
  });

  it.each([
    ['instagram', 'càrla', '/handle'],
    ['whatsapp', '347', '/handle'],
    ['phone', '+393471234567', '/channel'],
    ['fax', '123', '/channel'],
  ])('on %s, %j is refused', async (channel, handle, pointer) => {
    const { accessToken } = await identity.signUp();
    const answer = await link(accessToken, channel, handle);
    expect([answer.status, problemType(answer)]).toEqual([400, 'invalid-request']);
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });
});

describe('payees', () => {
  const find = (token: string | undefined, channel: string, handle: string) =>
    identity.api.call(
      'GET',
      `/v1/payees?channel=${channel}&handle=${handle}`,
      token === undefined ? {} : { token },
    );

  it('are found by any of their handles, with a name that gives little away', async () => {
    const [anna, bruno] = [await identity.signUp('Anna Bianchi'), await identity.signUp('Bruno Rossi')];
    await identity.api.call('POST', '/v1/handles', {
      token: bruno.accessToken,
      body: { channel: 'instagram', handle: 'find.bruno' },
    });
    const body = { personId: bruno.personId, market: 'it', displayName: 'Bruno R.' };
    expect(await find(anna.accessToken, 'phone', encodeURIComponent(bruno.phone))).toMatchObject({
      status: 200,
      body,
    });
    expect(await find(anna.accessToken, 'phone', bruno.phone)).toMatchObject({ status: 200, body });
    expect(await find(anna.accessToken, 'instagram', '@Find.Bruno')).toMatchObject({ status: 200, body });
  });

  it('that do not exist are unknown, however they are written', async () => {
    const { accessToken } = await identity.signUp();
    for (const handle of ['nobody.here', 'càrla', '%20']) {
      const answer = await find(accessToken, 'instagram', handle);
      expect([answer.status, problemType(answer)]).toEqual([404, 'payee-unknown']);
    }
  });

  it('are not shown to strangers', async () => {
    const answer = await find(undefined, 'phone', '%2B393470000001');
    expect([answer.status, problemType(answer)]).toEqual([401, 'token-missing']);
  });
});

describe('tokens', () => {
  it('are verified by the published key, whose id is its thumbprint', async () => {
    const { accessToken, personId, expiresAt } = await identity.signUp();
    const { keys } = (await identity.api.call<{ keys: JWK[] }>('GET', '/.well-known/jwks.json')).body;
    const [key] = keys;
    expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
    expect(key).not.toHaveProperty('d');
    expect(key!.kid).toBe(await calculateJwkThumbprint(key!, 'sha256'));
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'EdDSA', kid: key!.kid });
    const claims = decodeJwt(accessToken);
    expect(claims).toMatchObject({ iss: 'https://identity.test', aud: 'florin', sub: personId });
    expect(claims.exp! - claims.iat!).toBe(3_600);
    expect(Date.parse(expiresAt)).toBe(claims.exp! * 1_000);
  });

  it('of services open what their scopes name, and nothing of people', async () => {
    const anna = await identity.signUp('Anna Bianchi');
    const token = await serviceTokenSource({
      identityUrl: identity.service.url,
      clientId: 'notifications',
      clientSecret: 'right secret',
    })();
    const ids = [anna.personId, randomUUID()];
    const headers = { authorization: token };
    expect(await identity.api.call('POST', '/internal/people', { headers, body: { ids } })).toMatchObject({
      status: 200,
      body: { people: [{ personId: anna.personId, displayName: 'Anna B.', locale: 'it' }] },
    });
    expect(problemType(await identity.api.call('GET', '/v1/me', { headers }))).toBe('token-foreign');
    const person = await identity.api.call('POST', '/internal/people', {
      token: anna.accessToken,
      body: { ids },
    });
    expect(problemType(person)).toBe('token-foreign');
  });

  it('of a service without the scope open nothing', async () => {
    const clientSecret = 'other secret';
    const token = await serviceTokenSource({
      identityUrl: identity.service.url,
      clientId: 'catalog',
      clientSecret,
    })();
    const answer = await identity.api.call('POST', '/internal/people', {
      headers: { authorization: token },
      body: { ids: [] },
    });
    expect([answer.status, problemType(answer)]).toEqual([403, 'forbidden']);
  });

  it('are refused to who does not know the secret', async () => {
    for (const [id, secret] of [
      ['notifications', 'wrong secret'],
      ['nobody', 'right secret'],
      ['__proto__', ''],
    ]) {
      const answer = await identity.api.call('POST', '/internal/token', {
        body: { grant_type: 'client_credentials', client_id: id, client_secret: secret },
      });
      expect([answer.status, problemType(answer)]).toEqual([401, 'client-unknown']);
    }
  });

  it('are kept for names of at most 500 people at a time', async () => {
    const token = await serviceTokenSource({
      identityUrl: identity.service.url,
      clientId: 'notifications',
      clientSecret: 'right secret',
    })();
    const ids = Array.from({ length: 501 }, () => randomUUID());
    const answer = await identity.api.call('POST', '/internal/people', {
      headers: { authorization: token },
      body: { ids },
    });
    expect(problemType(answer)).toBe('invalid-request');
  });
});

it('guards every route but those that everybody may call', () => {
  const open = listRoutes(identity.service.app)
    .filter(({ path }) => !/^\/(health|metrics|docs)/.test(path))
    .filter(({ access }) => access.kind === 'public')
    .map(({ method, path }) => `${method} ${path}`);
  expect(open).toEqual([
    'GET /.well-known/jwks.json',
    'POST /internal/token',
    'POST /v1/challenges',
    'POST /v1/registrations',
    'POST /v1/sessions',
  ]);
});

it('documents every route', async () => {
  const { body } = await identity.api.call<{ paths: object }>('GET', '/docs/json');
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/handles/{id}', '/v1/payees', '/v1/sessions']),
  );
});

it('brings a database of the version before up to date, and its challenges can be proved', async () => {
  const { database } = identity;
  const phone = identity.newPhone();
  await database.undoLastMigration();
  const id = randomUUID();
  await database.query(
    `INSERT INTO challenges (challenge_id, phone, code_hmac, attempts_left, created_at, expires_at)
     VALUES ($1, $2, $3, 5, now(), now() + interval '5 minutes')`,
    [id, phone, Buffer.alloc(32)],
  );
  await database.runMigrations();
  expect(problemType(await identity.prove(id, '123456'))).toBe('code-wrong');
  expect((await identity.challenge(phone)).status).toBe(202);
});

it.each([
  ['SIGNING_KEY', 'not a key'],
  ['OTP_PEPPER', 'short'],
  ['SERVICE_CLIENTS', '{"notifications": {}}'],
  ['SERVICE_CLIENTS', 'no json'],
  ['MARKETS', 'us'],
])('names %s in a configuration that cannot be used', (name, value) => {
  const env = { ...identityEnvironment(0), [name]: value };
  expect(() => loadConfig(identityConfig, env)).toThrow(new RegExp(`^${name}`));
  expect(() => loadConfig(baseConfig, env)).not.toThrow();
});
