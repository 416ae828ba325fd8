import { World } from './world.fixture.spec.js';

describe('the gateway limits', () => {
  it('each person alone, and says what is left', async () => {
    const limited = await World.start({ RATE_LIMIT_PER_PERSON_PER_MINUTE: '2' });
    try {
      const first = await limited.call('/v1/balance');
      expect(first.headers.get('ratelimit-policy')).toBe('"person";q=2;w=60');
      expect(first.headers.get('ratelimit')).toBe('"person";r=1;t=30');
      await limited.call('/v1/payments');
      const { status, type, headers } = await limited.call('/v1/balance');
      expect([status, type, headers.get('retry-after')]).toEqual([429, 'rate-limited', '30']);
      expect(
        await limited.call('/v1/balance', {
          token: await limited.token({ sub: '0190b5a0-0000-7000-8000-000000000002' }),
        }),
      ).toMatchObject({ status: 201 });
      expect(limited.seen).toHaveLength(3);
    } finally {
      await limited.stop();
    }
  });

  it('each address on public routes and with bad tokens, whatever X-Forwarded-For claims', async () => {
    const limited = await World.start({ RATE_LIMIT_PUBLIC_PER_MINUTE: '2' });
    try {
      const claim = (n: number) => ({ headers: { 'x-forwarded-for': `10.0.0.${n}` }, token: undefined });
      expect(await limited.call('/v1/sessions', { method: 'POST', ...claim(1) })).toMatchObject({
        status: 201,
      });
      expect(await limited.call('/v1/balance', claim(2))).toMatchObject({ status: 401 });
      expect(await limited.call('/v1/balance', claim(3))).toMatchObject({ status: 429 });
      expect(await limited.call('/v1/sessions', { method: 'POST', ...claim(4) })).toMatchObject({
        status: 429,
      });
      // Who is signed in is not in the way of others at the same address.
      expect(await limited.call('/v1/balance')).toMatchObject({ status: 201 });
    } finally {
      await limited.stop();
    }
  });
});
