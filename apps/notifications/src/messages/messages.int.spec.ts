import { loadConfig } from '@florin/configuration';
import type { ApiClient } from '@florin/testing';
import { notificationsConfig } from '../config.js';
import {
  notificationsEnvironment,
  NotificationsUnderTest,
  problemType,
} from '../notifications.harness.spec.js';
import { deleteMessagesBefore, messagesTo } from './message.store.js';

let world: NotificationsUnderTest;
let api: ApiClient;

beforeAll(async () => {
  world = await NotificationsUnderTest.start({ kafka: false });
  api = await world.instance();
}, 60_000);

afterAll(() => world?.stop(), 30_000);

const message = (to: string, code: string) => ({
  to,
  template: 'sign_in_code',
  params: { code, minutes: 5 },
  locale: 'en',
});

const send = async (body: object, token?: string) =>
  api.call('POST', '/internal/messages', {
    token: token ?? (await world.authority.serviceToken('identity', ['messages:send'])),
    body,
  });

describe('a message to a phone', () => {
  it('is taken, and shown in the outbox of development, newest first', async () => {
    const to = '+393470000001';
    for (const code of ['111111', '222222', '333333']) {
      expect(await send(message(to, code))).toMatchObject({
        status: 202,
        body: { messageId: expect.any(String) },
      });
    }
    await send(message('+393470000002', '444444'));
    const { body } = await api.call<{ items: object[] }>(
      'GET',
      `/v1/dev/outbox?to=${encodeURIComponent(to)}&limit=2`,
    );
    expect(body.items).toMatchObject([
      {
        to,
        code: '333333',
        text: '333333 is your Florin code. It is valid for 5 minutes. Give it to nobody.',
      },
      { to, code: '222222' },
    ]);
    expect(await api.call('GET', `/v1/dev/outbox?to=${to}&limit=1`)).toMatchObject({
      body: { items: [{ code: '333333' }] },
    });
  });

  it('is taken from services with the scope alone', async () => {
    const body = message('+393470000003', '111111');
    const without = await world.authority.serviceToken('catalog', ['people:read']);
    expect(problemType(await send(body, without))).toBe('forbidden');
    expect(problemType(await send(body, await world.authority.personToken('somebody')))).toBe(
      'token-foreign',
    );
    expect(await messagesTo(world.database.manager, body.to, 10)).toEqual([]);
  });

  it.each([
    ['/to', { to: '3470000001' }],
    ['/params/code', { params: { code: '12', minutes: 5 } }],
    ['/template', { template: 'advert' }],
    ['/locale', { locale: 'de' }],
  ])('with a wrong %s is refused', async (pointer, change) => {
    const answer = await send({ ...message('+393470000004', '111111'), ...change });
    expect(problemType(answer)).toBe('invalid-request');
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });

  it('is forgotten when it is old', async () => {
    const to = '+393470000005';
    await send(message(to, '111111'));
    const [sent] = await messagesTo(world.database.manager, to, 1);
    await deleteMessagesBefore(world.database.manager, sent!.createdAt);
    expect(await messagesTo(world.database.manager, to, 1)).toHaveLength(1);
    await deleteMessagesBefore(world.database.manager, new Date(sent!.createdAt.getTime() + 1));
    expect(await messagesTo(world.database.manager, to, 1)).toEqual([]);
  });
});

describe('the outbox of development', () => {
  it('is not there unless asked for', async () => {
    const api = await world.instance({ DEV_OUTBOX: 'false' });
    const answer = await api.call('GET', '/v1/dev/outbox?to=%2B393470000001');
    expect([answer.status, problemType(answer)]).toEqual([404, 'not-found']);
  });

  it('cannot be switched on in production', () => {
    const environment = { ...notificationsEnvironment(), NODE_ENV: 'production' };
    expect(() => loadConfig(notificationsConfig, environment)).toThrow(
      /^DEV_OUTBOX: must not be true in production/,
    );
    expect(() => loadConfig(notificationsConfig, { ...environment, DEV_OUTBOX: 'false' })).not.toThrow();
    expect(() => loadConfig(notificationsConfig, { ...environment, DEV_OUTBOX: '' })).not.toThrow();
  });
});
