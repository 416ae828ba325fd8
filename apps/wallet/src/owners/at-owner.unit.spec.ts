import { LedgerBusy, LedgerUnavailable } from '@florin/books';
import { atOwner } from './at-owner.js';
import type { Answer, Asked } from './forward.js';

const asked: Asked = {
  ...{ method: 'POST', path: '/v1/transfers', authorization: 'Bearer t', traceparent: undefined },
  ...{ body: {}, forwarded: false },
};
const done: Answer = { status: 201, body: 'done' };
const away = new LedgerUnavailable('it-eur', new Error('another writer was faster'));

/** An instance: whether it leads, who does, and what the other answers, by turns; the last of each stays. */
function scene(turns: { own?: boolean[]; url?: (string | undefined)[]; other?: (Answer | undefined)[] }) {
  const next = <T>(list: T[] | undefined, otherwise: T): T =>
    list === undefined ? otherwise : ((list.length > 1 ? list.shift() : list[0]) as T);
  let nowMs = 0;
  const forwarded: string[] = [];
  const forgotten: string[] = [];
  const serve = atOwner({
    owners: {
      isOwn: () => next(turns.own, false),
      urlOf: () => Promise.resolve(next(turns.url, undefined)),
      forget: (ledger) => forgotten.push(ledger),
    },
    forward: (url) => {
      forwarded.push(url);
      return Promise.resolve(next(turns.other, undefined));
    },
    nowMs: () => nowMs,
    sleep: (ms) => Promise.resolve(void (nowMs += ms)),
  });
  return { serve, forwarded, forgotten, now: () => nowMs };
}

const never = () => Promise.reject(new Error('not here'));
const unavailable = { problem: { status: 503 }, headers: { 'retry-after': '1' } };

describe('atOwner', () => {
  it('answers here where this instance leads', async () => {
    const { serve, forwarded } = scene({ own: [true] });
    expect(await serve('it-eur', asked, () => Promise.resolve(done))).toBe(done);
    expect(forwarded).toEqual([]);
  });

  it('hands over to the one that leads', async () => {
    const { serve, forwarded } = scene({ url: ['http://b'], other: [{ status: 422, body: 'no' }] });
    expect(await serve('it-eur', asked, never)).toEqual({ status: 422, body: 'no' });
    expect(forwarded).toEqual(['http://b']);
  });

  it('does not hand over what was handed over', async () => {
    const { serve, forwarded } = scene({ url: ['http://b'], other: [done] });
    await expect(serve('it-eur', { ...asked, forwarded: true }, never)).rejects.toMatchObject(unavailable);
    expect(forwarded).toEqual([]);
  });

  it('finds the next owner while one hands over', async () => {
    const { serve, forwarded, forgotten } = scene({
      own: [true, false],
      url: ['http://b', undefined, 'http://c'],
      other: [undefined, { status: 503, body: 'not me' }, done],
    });
    expect(await serve('it-eur', asked, () => Promise.reject(away))).toBe(done);
    expect(forwarded).toEqual(['http://b', 'http://c', 'http://c']);
    expect(forgotten.length).toBeGreaterThan(0);
  });

  it('tries again here what came to no certain end', async () => {
    const outcomes = [Promise.reject(away), Promise.resolve(done)];
    outcomes[0]?.catch(() => undefined);
    const { serve } = scene({ own: [true] });
    expect(await serve('it-eur', asked, () => outcomes.shift() as Promise<Answer>)).toBe(done);
  });

  it('says after five seconds that there is nobody', async () => {
    const { serve, now } = scene({});
    await expect(serve('it-eur', asked, never)).rejects.toMatchObject(unavailable);
    expect(now()).toBe(5_000);
  });

  it('does not try again what too many wait for, nor what went wrong otherwise', async () => {
    const { serve, now } = scene({ own: [true] });
    const busy = new LedgerBusy('it-eur');
    await expect(serve('it-eur', asked, () => Promise.reject(busy))).rejects.toBe(busy);
    await expect(serve('it-eur', asked, never)).rejects.toThrow('not here');
    expect(now()).toBe(0);
  });
});
