import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decide, emptyLedger, evolve, type LedgerCommand, type LedgerEvent } from '@florin/ledger';
import { anna, bruno, entry, json, over, sealed, source } from '../books.fixture.spec.js';

const october = Date.UTC(2026, 9, 20);
const november = Date.UTC(2026, 10, 2, 12);
const endOfOctober = Date.UTC(2026, 9, 31, 23);

/** Money in October and in November, October closed, an account frozen, an entry that counts before its month, and a refusal. */
function history(): LedgerEvent[] {
  const asked = (n: number) => ({ commandId: idAt(november, n), reference: `case-${n}` });
  return played([
    ...[source, anna, bruno].map((command) => [command, october] as const),
    [
      { ...entry(1, source.account, anna.account, 20_000n), entryId: idAt(october, 1) } as LedgerCommand,
      october,
    ],
    [
      { ...entry(2, anna.account, bruno.account, 1_250n), effectiveAt: october + 1 } as LedgerCommand,
      november,
    ],
    [{ type: 'ClosePeriod', ...asked(3), period: '2026-10', until: endOfOctober }, november],
    [entry(4, anna.account, bruno.account, 500n), november],
    [entry(5, bruno.account, anna.account, 900_000n), november],
    [{ type: 'FreezeAccount', ...asked(6), account: bruno.account, frozen: 'out' }, november],
  ]);
}

it('tells of a month as a page and as JSON: balances, entries, refusals, exceptions, the close', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-report-'));
  await over(sealed(history()), async (audit) => {
    const done = await audit('report', '--period', '2026-11', '--out', folder, '--json');
    expect(done).toMatchObject({ code: 0, err: '' });
    const report = JSON.parse(await readFile(join(folder, 'it-eur-2026-11.json'), 'utf8')) as object;
    expect(report).toMatchObject({
      ledger: 'it-eur',
      lastRevision: 9,
      finding: null,
      trialBalance: { debits: '20000', credits: '20000', difference: 0 },
      classes: [
        { currency: 'EUR', class: 'asset', opening: '20000', debits: '0', credits: '0', closing: '20000' },
        {
          currency: 'EUR',
          class: 'liability',
          opening: '20000',
          debits: '1750',
          credits: '1750',
          closing: '20000',
        },
      ],
      kinds: [{ kind: 'p2p', currency: 'EUR', entries: 2, moved: '1750' }],
      refusals: [{ code: 'insufficient_funds', count: 1 }],
      accountsOpened: 0,
      exceptions: [
        {
          revision: 5,
          what: expect.stringMatching(/takes effect on 2026-10-20, before the period/) as unknown,
        },
        { revision: 6, what: 'PeriodClosed 2026-10', reference: 'case-3' },
        { revision: 9, what: 'AccountFrozen wallet:bruno (out)', reference: 'case-6' },
      ],
    });
    const page = await readFile(join(folder, 'it-eur-2026-11.html'), 'utf8');
    expect(page).toContain('<h1>it-eur, 2026-11</h1>');
    expect(page).toContain('<td>200.00 EUR</td>');
    expect(page).toContain('The month is not closed.');
    expect(page).not.toMatch(/<script|https?:/);
  });
  await rm(folder, { recursive: true });
});

it('sums up more than one account can hold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-report-'));
  const most = 2n ** 53n - 1n;
  const other = { ...source, account: 'source:other' };
  const commands = [
    ...[source, other, anna, bruno],
    ...[entry(1, source.account, anna.account, most), entry(2, other.account, bruno.account, most)],
  ];
  const twice = String(2n * most);
  await over(sealed(played(commands.map((command) => [command, november] as const))), async (audit) => {
    const sums = await audit('trial-balance', '--ledger', 'it-eur', '--json');
    expect(json(sums)).toMatchObject({
      ...{ debits: twice, credits: twice, trialBalance: 0 },
      classes: [{ debits: twice, balance: twice }, { credits: twice }],
    });
    expect(await audit('report', '--period', '2026-11', '--out', folder)).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(await readFile(join(folder, 'it-eur-2026-11.json'), 'utf8'))).toMatchObject({
      trialBalance: { debits: twice, difference: 0 },
      classes: [
        { opening: '0', debits: twice, closing: twice },
        { credits: twice, closing: twice },
      ],
    });
  });
  await rm(folder, { recursive: true });
});

it('tells how the month was closed, whenever that was recorded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-report-'));
  await over(sealed(history()), async (audit) => {
    expect((await audit('report', '--period', '2026-10', '--out', folder)).code).toBe(0);
    const report = JSON.parse(await readFile(join(folder, 'it-eur-2026-10.json'), 'utf8')) as object;
    expect(report).toMatchObject({
      lastRevision: 4,
      accountsOpened: 3,
      closed: { revision: 6, period: '2026-10', entries: 2 },
      classes: [
        { class: 'asset', opening: '0', closing: '20000' },
        { class: 'liability', opening: '0', closing: '20000' },
      ],
    });
    expect(await readFile(join(folder, 'it-eur-2026-10.html'), 'utf8')).toContain(
      'Closed at revision 6 (case-3): 2 entries',
    );
  });
  await rm(folder, { recursive: true });
});

it('says what is wrong with the book, on the page too, and ends with 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-report-'));
  const events = sealed(history()).map((event, i) =>
    i === 7 ? { ...event, data: { ...event.data, kind: 'p2m' } } : event,
  );
  await over(events, async (audit) => {
    const done = await audit('report', '--period', '2026-11', '--out', folder);
    expect(done).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Revision 7 of it-eur is wrong \(hash_mismatch\)/) as unknown,
    });
    expect(await readFile(join(folder, 'it-eur-2026-11.html'), 'utf8')).toContain(
      'Revision 7 is wrong (hash_mismatch)',
    );
  });
  await rm(folder, { recursive: true });
});

it.each([
  [['report', '--out', 'x'], 'Of which month? Say --period 2026-10\n'],
  [['report', '--period', '2026-10'], 'Where to? Say --out <folder>\n'],
  [['report', '--period', '2026-08', '--out', 'x'], 'it-eur had no event before the end of 2026-08\n'],
])('refuses %j with a sentence', async (args, err) => {
  await over(sealed(history()), async (audit) => {
    expect(await audit(...args)).toMatchObject({ code: 2, err });
  });
});

function idAt(timeMs: number, n: number): string {
  const time = timeMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`;
}

function played(commands: readonly (readonly [LedgerCommand, number])[]): LedgerEvent[] {
  let state = emptyLedger('it-eur', 'EUR');
  return commands.flatMap(([command, nowMs]) => {
    const { events } = decide(state, command, nowMs);
    state = events.reduce(evolve, state);
    return events;
  });
}
