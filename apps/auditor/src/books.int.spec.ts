import {
  anna,
  bruno,
  decided,
  entry,
  head,
  history,
  json,
  over,
  sealed,
  source,
} from './books.fixture.spec.js';

describe('an audit of several books', () => {
  const reais = sealed(
    decided('br-brl', 'BRL', [source, anna, entry(1, source.account, anna.account, 700n, 'BRL')]),
    'br-brl',
  );
  const shard = sealed(decided('it-eur-2', 'EUR', [bruno]), 'it-eur-2');
  const books = { 'it-eur': history, 'it-eur-2': shard, 'br-brl': reais };
  const headOfReais = (reais.at(-1)?.metadata as { hash: string }).hash;

  it('reads each, shards too, and one alone where it is asked for', async () => {
    await over(books, async (audit) => {
      const verified = await audit('verify', '--json');
      expect(verified).toMatchObject({ code: 0, err: '' });
      expect(json(verified)).toStrictEqual({
        verified: true,
        ledgers: [
          expect.objectContaining({ ledger: 'it-eur', verified: true, headRevision: 7, finding: null }),
          expect.objectContaining({ ledger: 'it-eur-2', verified: true, headRevision: 1, finding: null }),
          expect.objectContaining({ ledger: 'br-brl', verified: true, headRevision: 3, currency: 'BRL' }),
        ],
        absent: ['in-inr'],
      });

      const { out } = await audit('verify');
      expect(out.match(/^\S+: verified$/gm)).toEqual([
        'it-eur: verified',
        'it-eur-2: verified',
        'br-brl: verified',
      ]);
      expect(out).toContain('\nLedgers read: it-eur, it-eur-2, br-brl; not in this event store: in-inr\n');
      expect((await audit('replay')).out).toMatch(/^it-eur\n[^]+\n\nbr-brl\n[^]+ 7\.00 BRL\n/);
      expect((await audit('trial-balance')).out).toMatch(/^it-eur\n[^]+\n\nbr-brl\n[^]+ 7\.00 BRL\n/);
      expect((await audit('verify', '--ledger', 'it-eur-2')).out).toMatch(/^it-eur-2: verified\n/);
      expect((await audit('balance', 'wallet:anna', '--ledger', 'br-brl')).out).toBe(
        'wallet:anna holds 7.00 BRL at revision 3\n',
      );
    });
  });

  it('finds what is wrong in any of them, and goes on to the others', async () => {
    const broken = { ...books, 'it-eur': history.filter((_event, i) => i !== 4) };
    await over(broken, async (audit) => {
      const verified = await audit('verify', '--json');
      expect(verified.code).toBe(1);
      expect(verified.err).toMatch(/^Revision 4 of it-eur is wrong \(chain_broken\): .*\n$/);
      expect(json(verified)).toMatchObject({
        verified: false,
        ledgers: [
          { ledger: 'it-eur', verified: false, finding: { revision: 4 } },
          { ledger: 'it-eur-2', verified: true },
          { ledger: 'br-brl', verified: true },
        ],
      });
      expect((await audit('verify')).out).toMatch(/^it-eur: NOT verified\n[^]+\nbr-brl: verified\n/);
      expect(await audit('verify', '--ledger', 'br-brl')).toMatchObject({ code: 0 });
    });
  });

  it('holds each against its own head, and misses one that was noted and is gone', async () => {
    await over(books, async (audit) => {
      const heads = ['--head', `it-eur:7:${head}`, '--head', `br-brl:3:${headOfReais}`];
      expect(await audit('verify', ...heads)).toMatchObject({ code: 0 });
      expect(await audit('verify', ...heads, '--head', `br-brl:3:${head}`)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^Revision 3 of br-brl is wrong \(head_differs\)/),
      });
      expect(await audit('verify', '--head', `7:${head}`)).toMatchObject({
        code: 2,
        err: 'Whose head is it? Say --head <ledger>:<revision>:<hash>; there are it-eur, it-eur-2, br-brl\n',
      });
      expect(await audit('verify', '--head', `in-inr:0:${head}`)).toMatchObject({
        code: 1,
        err: 'Revision 0 of in-inr is wrong (ledger_missing): the event store holds no event of in-inr\n',
      });
    });
  });

  it('is a finding where there is no book at all', async () => {
    await over([], async (audit) => {
      const { code, err } = await audit('verify');
      expect(code).toBe(1);
      expect(err.match(/of (\S+) is wrong \(ledger_missing\)/g)).toHaveLength(3);
    });
  });
});
